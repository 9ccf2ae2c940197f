# A waiter that is cancelled leaves the line; one that is cancelled in the turn it was served passes the permit on.
import asyncio


async def worker(name, semaphore):
    try:
        await semaphore.acquire()
    except asyncio.CancelledError:
        print(name, "cancelled")
        raise
    print(name, "in")
    await asyncio.sleep(0.02)
    semaphore.release()


async def main():
    semaphore = asyncio.Semaphore(1)
    await semaphore.acquire()
    tasks = {name: asyncio.create_task(worker(name, semaphore)) for name in "abcd"}
    await asyncio.sleep(0)
    tasks["b"].cancel()
    await asyncio.sleep(0)
    semaphore.release()
    tasks["a"].cancel()
    print("released")
    await asyncio.sleep(0)
    await asyncio.wait(tasks.values())
    print({name: task.cancelled() for name, task in tasks.items()} == dict(a=True, b=True, c=False, d=False))
    print(semaphore.locked())


asyncio.run(main())
