# Cancelling a task that waits for others leaves the others alone.
import asyncio


async def work(name):
    await asyncio.sleep(0.03)
    print(name, "ends")
    return name


async def parent(tasks):
    try:
        await asyncio.wait(tasks)
    finally:
        print("parent leaves", [task.done() for task in tasks])


async def main():
    tasks = [asyncio.create_task(work(name)) for name in "ab"]
    task = asyncio.create_task(parent(tasks))
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait([task])
    print(task.cancelled())
    print(await tasks[0], await tasks[1])


asyncio.run(main())
