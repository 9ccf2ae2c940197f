# A cancel from outside beats the limit it meets on the way out, and a limit inside cleanup still works.
import asyncio


async def limited():
    try:
        async with asyncio.timeout(0.02) as scope:
            try:
                await asyncio.sleep(10)
            finally:
                print("unwinds", scope.expired())
    except TimeoutError:
        print("not reached")
    finally:
        print("leaves", scope.expired())


async def cleans_up():
    try:
        await asyncio.sleep(10)
    finally:
        try:
            async with asyncio.timeout(0.02):
                await asyncio.sleep(10)
        except TimeoutError:
            print("cleanup timed out", asyncio.current_task().cancelling())


async def main():
    task = asyncio.create_task(limited())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    print(task.cancelled())
    task = asyncio.create_task(cleans_up())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    print(task.cancelled())
    task = asyncio.create_task(cleans_up())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    print("told twice", task.cancelled(), task.cancelling())


asyncio.run(main())
