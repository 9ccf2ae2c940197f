# What is left when main ends is cancelled and awaited with its cleanup.
import asyncio


async def leftover(name, cleanup):
    try:
        print(name, "starts")
        await asyncio.sleep(10)
        print("not reached")
    finally:
        print(name, "told")
        await asyncio.sleep(cleanup)
        print(name, "clean")


async def main():
    tasks.append(asyncio.create_task(leftover("a", 0.04)))
    tasks.append(asyncio.create_task(leftover("b", 0.02)))
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(leftover("never starts", 0)))
    print("main ends")
    return "value"


tasks = []
print(asyncio.run(main()))
print([task.cancelled() for task in tasks])
