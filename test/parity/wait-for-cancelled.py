# A cancel of the waiter reaches the work and is not lost, even when the work is done in that very turn.
import asyncio


async def work():
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.02)
        print("work clean")


async def parent(awaitable):
    try:
        print("value", await asyncio.wait_for(awaitable, 5))
        await asyncio.sleep(0)
        print("not reached")
    except asyncio.CancelledError as error:
        print("parent told", error)
        raise


async def main():
    task = asyncio.create_task(parent(work()))
    await asyncio.sleep(0.01)
    task.cancel("by us")
    await asyncio.wait([task])
    print(task.cancelled())
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(parent(future))
    await asyncio.sleep(0.01)
    future.set_result("done")
    task.cancel()
    await asyncio.wait([task])
    print(task.cancelled(), future.result())
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(parent(future))
    await asyncio.sleep(0.01)
    future.cancel("by others")
    await asyncio.wait([task])
    print(task.cancelled(), task.cancelling())


asyncio.run(main())
