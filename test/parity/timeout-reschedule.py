# A limit can be put off, moved into the past, and taken away.
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(0.02) as scope:
        scope.reschedule(loop.time() + 10)
        await asyncio.sleep(0.04)
        print("put off", scope.expired())
    try:
        async with asyncio.timeout(10) as scope:
            scope.reschedule(loop.time() - 1)
            print("still here")
            await asyncio.sleep(1)
            print("not reached")
    except TimeoutError:
        print("timed out", scope.expired())
    async with asyncio.timeout(0.02) as scope:
        scope.reschedule(None)
        print(scope.when())
        await asyncio.sleep(0.04)
    print("taken away", scope.expired())
    try:
        scope.reschedule(loop.time())
    except RuntimeError:
        print("too late")


asyncio.run(main())
