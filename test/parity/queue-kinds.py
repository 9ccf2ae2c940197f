# The three kinds of queue give the same items in their own order, joiners wait for the last task_done.
import asyncio


async def joiner(name, queue):
    await queue.join()
    print(name, "joined")


async def main():
    for kind in (asyncio.Queue, asyncio.LifoQueue, asyncio.PriorityQueue):
        queue = kind(5)
        for item in (3, 1, 5, 2, 4):
            queue.put_nowait(item)
        joiners = [asyncio.create_task(joiner(name, queue)) for name in ("first", "second")]
        await asyncio.sleep(0)
        print(kind.__name__, queue.full(), queue.qsize())
        try:
            queue.put_nowait(6)
        except asyncio.QueueFull:
            print("full")
        print([await queue.get() for _ in range(5)])
        try:
            queue.get_nowait()
        except asyncio.QueueEmpty:
            print("empty")
        for turn in range(5):
            queue.task_done()
        print("not yet", joiners[0].done())
        await asyncio.gather(*joiners)


asyncio.run(main())
