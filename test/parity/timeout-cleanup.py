# Cleanup that throws beats the limit, cleanup that swallows ends it, cleanup that waits is waited for.
import asyncio


async def throws():
    try:
        await asyncio.sleep(10)
    finally:
        raise ValueError("cleanup")


async def swallows():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("swallowed")


async def waits():
    try:
        await asyncio.sleep(10)
    finally:
        await asyncio.sleep(0.02)
        print("clean")


async def fails():
    await asyncio.sleep(0)
    raise KeyError("unrelated")


async def main():
    for work in (throws, swallows, waits, fails):
        try:
            async with asyncio.timeout(0.02) as scope:
                await work()
            print(work.__name__, "ended", scope.expired())
        except TimeoutError:
            print(work.__name__, "timed out", scope.expired())
        except (ValueError, KeyError) as error:
            print(work.__name__, "failed", error.args[0], scope.expired())
        await asyncio.sleep(0)
        print("counts", asyncio.current_task().cancelling())


asyncio.run(main())
