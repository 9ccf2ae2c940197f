# Parked getters are served in order; one that is cancelled loses nothing, also in the turn it was served.
import asyncio


async def getter(name, queue):
    try:
        print(name, "got", await queue.get())
    except asyncio.CancelledError:
        print(name, "cancelled")
        raise


async def main():
    queue = asyncio.Queue()
    tasks = [asyncio.create_task(getter(name, queue)) for name in "abcde"]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.sleep(0)
    queue.put_nowait(1)
    tasks[0].cancel()
    print("put", tasks[2].done())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print([task.done() for task in tasks])
    queue.put_nowait(2)
    queue.put_nowait(3)
    queue.put_nowait(4)
    await asyncio.sleep(0)
    print([task.done() for task in tasks], queue.qsize())
    await asyncio.gather(*tasks, return_exceptions=True)


asyncio.run(main())
