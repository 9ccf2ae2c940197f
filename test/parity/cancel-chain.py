# Cancelling a parent passes down the chain of awaits and comes back up, innermost first.
import asyncio


async def level(depth, future):
    try:
        if depth == 0:
            await future
        else:
            await asyncio.create_task(level(depth - 1, future))
    except asyncio.CancelledError as error:
        print("level", depth, error)
        raise
    finally:
        print("leave", depth)


async def main():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(level(3, future))
    for _ in range(5):
        await asyncio.sleep(0)
    print(task.cancel("why"))
    print("future", future.cancelled(), future.done())
    for turn in range(6):
        print("turn", turn, task.done())
        await asyncio.sleep(0)
    print(task.cancelled())


asyncio.run(main())
