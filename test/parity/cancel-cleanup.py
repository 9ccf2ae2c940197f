# Cleanup may wait; a second cancel interrupts the wait of the cleanup, and the cleanup of that still runs.
import asyncio


async def work(name):
    try:
        await asyncio.sleep(10)
    finally:
        print(name, "cleans up")
        try:
            await asyncio.sleep(0.02)
            print(name, "is clean")
        finally:
            print(name, "leaves the cleanup")


async def main():
    once = asyncio.create_task(work("once"))
    twice = asyncio.create_task(work("twice"))
    await asyncio.sleep(0)
    print(once.cancel(), twice.cancel())
    print("nothing moved yet", once.done(), twice.done())
    await asyncio.sleep(0)
    print("cleaning", once.done(), twice.done())
    print(twice.cancel(), twice.cancelling())
    await asyncio.sleep(0)
    print("told", twice.done())
    for task in (twice, once):
        try:
            await task
        except asyncio.CancelledError:
            print("cancelled", task.cancelled())


asyncio.run(main())
