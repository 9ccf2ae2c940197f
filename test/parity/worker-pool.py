# Three workers on a queue, one job fails, one is cut off, and a sentinel each ends them.
import asyncio


async def job(number):
    if number == 3:
        raise ValueError(f"job {number}")
    await asyncio.sleep(0.01 * number)
    return number * number


async def worker(name, queue, results):
    while (number := await queue.get()) is not None:
        print(name, "takes", number)
        try:
            async with asyncio.timeout(0.055):
                results.append((number, await job(number)))
        except TimeoutError:
            results.append((number, "too slow"))
        except ValueError as error:
            results.append((number, str(error)))
        queue.task_done()
    print(name, "ends")


async def main():
    queue = asyncio.Queue()
    results = []
    for number in [1, 4, 3, 9, 2]:
        queue.put_nowait(number)
    async with asyncio.TaskGroup() as group:
        for name in ("w1", "w2", "w3"):
            group.create_task(worker(name, queue, results))
        await queue.join()
        print("joined")
        for _ in range(3):
            await queue.put(None)
    for number, result in results:
        print(number, result)


asyncio.run(main())
