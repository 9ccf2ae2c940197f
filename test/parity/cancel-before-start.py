# A task that is cancelled before its turn never runs.
import asyncio


async def work(name):
    try:
        print(name, "runs")
        await asyncio.sleep(0)
    finally:
        print(name, "ends")


async def main():
    a, b, c = [asyncio.create_task(work(name)) for name in "abc"]
    print(b.cancel(), b.cancelled(), b.done())
    for turn in range(3):
        await asyncio.sleep(0)
        print("turn", turn, [task.done() for task in (a, b, c)])
    print(b.cancelled(), b.cancel())
    try:
        await b
    except asyncio.CancelledError:
        print("b was cancelled")
    print(a.cancelled(), c.cancelled())


asyncio.run(main())
