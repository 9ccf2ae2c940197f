# A limit around a group cancels its children and waits for them.
import asyncio


async def child(name, cleanup):
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(cleanup)
        print(name, "clean")


async def main():
    try:
        async with asyncio.timeout(0.02):
            async with asyncio.TaskGroup() as group:
                group.create_task(child("a", 0.04))
                group.create_task(child("b", 0.02))
                print("body ends")
    except TimeoutError:
        print("timed out")
    try:
        async with asyncio.timeout(0.02):
            async with asyncio.TaskGroup() as group:
                group.create_task(child("c", 0))
                try:
                    await asyncio.sleep(10)
                finally:
                    print("body told")
    except TimeoutError:
        print("timed out", asyncio.current_task().cancelling())


asyncio.run(main())
