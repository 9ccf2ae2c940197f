# Of two nested limits the inner runs out first, and then the other way round.
import asyncio


async def main():
    try:
        async with asyncio.timeout(0.08) as outer:
            try:
                async with asyncio.timeout(0.02) as inner:
                    await asyncio.sleep(10)
            except TimeoutError:
                print("inner", inner.expired(), outer.expired())
            await asyncio.sleep(10)
            print("not reached")
    except TimeoutError:
        print("outer", inner.expired(), outer.expired())
    try:
        async with asyncio.timeout(0.02) as outer:
            try:
                async with asyncio.timeout(10) as inner:
                    await asyncio.sleep(20)
            except asyncio.CancelledError:
                print("cancelled inside", inner.expired())
                raise
    except TimeoutError as error:
        print("outer", inner.expired(), outer.expired(), type(error.__cause__).__name__)
    async with asyncio.timeout(10) as unused:
        await asyncio.sleep(0)
    async with asyncio.timeout(None) as never:
        await asyncio.sleep(0)
    print(unused.expired(), never.expired(), never.when(), asyncio.current_task().cancelling())


asyncio.run(main())
