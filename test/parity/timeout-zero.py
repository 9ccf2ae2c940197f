# A limit that is over already ends the block at its first wait, and only there.
import asyncio


async def no_wait():
    return "no wait"


async def main():
    for delay in (0, -1):
        try:
            async with asyncio.timeout(delay) as scope:
                print("body", delay)
                await asyncio.sleep(0)
                print("one turn")
                await asyncio.sleep(0.02)
                print("not reached")
        except TimeoutError:
            print("timed out", scope.expired())
    async with asyncio.timeout(0) as scope:
        print(await no_wait())
    print("left", scope.expired())
    await asyncio.sleep(0)
    print("nothing follows")


asyncio.run(main())
