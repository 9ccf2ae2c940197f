# A limit at a time of the clock; several limits over the same moment each tell their own block.
import asyncio


async def main():
    loop = asyncio.get_running_loop()
    end = loop.time() + 0.02
    try:
        async with asyncio.timeout_at(end) as scope:
            print(scope.when() == end)
            await asyncio.sleep(10)
    except TimeoutError:
        print("timed out", scope.expired(), loop.time() >= end)
    try:
        async with asyncio.timeout_at(loop.time() - 1):
            await asyncio.sleep(0.02)
            print("not reached")
    except TimeoutError:
        print("long over")
    async with asyncio.timeout_at(None) as scope:
        await asyncio.sleep(0.02)
    print(scope.when(), scope.expired())

    async def limited(name, delay):
        try:
            async with asyncio.timeout(delay):
                await asyncio.sleep(10)
        except TimeoutError:
            print(name, "timed out")

    await asyncio.gather(limited("a", 0.06), limited("b", 0.02), limited("c", 0.04))


asyncio.run(main())
