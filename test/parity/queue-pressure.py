# Producers wait for room in a bounded queue; items keep their order, consumers take turns.
import asyncio


async def producer(name, queue, count):
    for item in range(count):
        await queue.put(f"{name}{item}")


async def consumer(name, queue):
    while True:
        item = await queue.get()
        print(name, "got", item)
        await asyncio.sleep(0)
        queue.task_done()


async def main():
    queue = asyncio.Queue(2)
    consumers = [asyncio.create_task(consumer(name, queue)) for name in ("c1", "c2")]
    await asyncio.gather(producer("a", queue, 4), producer("b", queue, 4))
    print("all put")
    await queue.join()
    print("all done", queue.empty())
    for task in consumers:
        task.cancel()
    await asyncio.gather(*consumers, return_exceptions=True)


asyncio.run(main())
