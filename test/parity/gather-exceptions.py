# With return_exceptions every outcome has its place, a cancelled child's too.
import asyncio


async def work(name, delay, fails=False):
    await asyncio.sleep(delay)
    if fails:
        raise ValueError(name)
    return name


def told(outcome):
    if isinstance(outcome, asyncio.CancelledError):
        return "cancelled"
    if isinstance(outcome, ValueError):
        return f"error {outcome}"
    return outcome


async def main():
    a = asyncio.create_task(work("a", 0.04))
    b = asyncio.create_task(work("b", 10))
    together = asyncio.gather(a, b, work("c", 0.02, True), work("d", 0, True), return_exceptions=True)
    await asyncio.sleep(0)
    b.cancel()
    print([told(outcome) for outcome in await together])
    again = asyncio.gather(work("e", 10), work("f", 10), return_exceptions=True)
    await asyncio.sleep(0)
    print(again.cancel())
    try:
        print(await again)
    except asyncio.CancelledError:
        print("the gather was cancelled", again.done())


asyncio.run(main())
