# Putters of a full queue wait in line; one that is cancelled has put nothing, the others keep their order.
import asyncio


async def putter(name, queue):
    try:
        await queue.put(name)
        print(name, "has put")
    except asyncio.CancelledError:
        print(name, "cancelled")
        raise


async def main():
    queue = asyncio.Queue(2)
    tasks = [asyncio.create_task(putter(name, queue)) for name in "abcdef"]
    await asyncio.sleep(0)
    print(queue.full(), [task.done() for task in tasks])
    tasks[3].cancel()
    await asyncio.sleep(0)
    items = []
    while not queue.empty():
        items.append(await queue.get())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    print(items, [task.cancelled() for task in tasks])
    try:
        async with asyncio.timeout(0.02):
            await queue.get()
    except TimeoutError:
        print("nothing came")
    queue.put_nowait("kept")
    print(queue.qsize(), await queue.get())


asyncio.run(main())
