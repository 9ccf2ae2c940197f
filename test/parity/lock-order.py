# A lock serves its waiters in order of arrival, one a release; who asks again goes to the end.
import asyncio


async def worker(name, lock):
    for turn in range(2):
        async with lock:
            print(name, turn)
            await asyncio.sleep(0)
            await asyncio.sleep(0)


async def main():
    lock = asyncio.Lock()
    print(lock.locked(), await lock.acquire(), lock.locked())
    tasks = [asyncio.create_task(worker(name, lock)) for name in "abc"]
    for _ in range(3):
        await asyncio.sleep(0)
    print("held")
    lock.release()
    await asyncio.gather(*tasks)
    print(lock.locked())
    try:
        lock.release()
    except RuntimeError:
        print("not held")


asyncio.run(main())
