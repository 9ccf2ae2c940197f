# Waiters of a lock that are cancelled, before or in the turn they were served, leave it to the next.
import asyncio


async def worker(name, lock):
    try:
        async with lock:
            print(name, "in")
            await asyncio.sleep(0.02)
            print(name, "out")
    except asyncio.CancelledError:
        print(name, "cancelled")
        raise


async def main():
    lock = asyncio.Lock()
    await lock.acquire()
    a, b, c, d, e = [asyncio.create_task(worker(name, lock)) for name in "abcde"]
    await asyncio.sleep(0)
    b.cancel()
    lock.release()
    a.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print("now", lock.locked(), [task.done() for task in (a, b, c, d, e)])
    c.cancel()
    await asyncio.wait([c, d, e])
    print([task.cancelled() for task in (a, b, c, d, e)], lock.locked())


asyncio.run(main())
