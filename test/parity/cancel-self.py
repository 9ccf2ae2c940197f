# A task that cancels itself is told at its next wait, or ends cancelled without one.
import asyncio


async def waits():
    asyncio.current_task().cancel()
    print("waits goes on")
    try:
        await asyncio.sleep(0)
        print("not reached")
    except asyncio.CancelledError:
        print("waits is told")
        raise


async def returns():
    asyncio.current_task().cancel()
    print("returns goes on")
    return "dropped"


async def throws():
    asyncio.current_task().cancel()
    raise ValueError("kept")


async def nested():
    async def no_wait():
        return "n"

    asyncio.current_task().cancel()
    print("nested", await no_wait(), await no_wait())
    await asyncio.sleep(0)
    print("not reached")


async def main():
    for work in (waits, returns, throws, nested):
        task = asyncio.create_task(work())
        try:
            print("value", await task)
        except asyncio.CancelledError:
            print(work.__name__, "cancelled", task.cancelled())
        except ValueError as error:
            print(work.__name__, "failed", error, task.cancelled())


asyncio.run(main())
