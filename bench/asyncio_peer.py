"""Does on Python's asyncio what the programs under bench/ do on tsyncio.

Reads the name of a program on each line of stdin and answers with the seconds one call took. The
numbers of tasks and waits are those of the programs of the same name.
"""

import asyncio
import sys
import time


async def one():
    return 1


async def spawn():
    total = 0
    for _ in range(100_000):
        total += await asyncio.create_task(one())
    assert total == 100_000


async def group_of_100():
    total = 0
    for _ in range(1000):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one()) for _ in range(100)]
        total += sum(task.result() for task in tasks)
    assert total == 100_000


async def gather_of_100():
    total = 0
    for _ in range(1000):
        total += sum(await asyncio.gather(*(one() for _ in range(100))))
    assert total == 100_000


async def yield_among_100():
    async def work():
        for _ in range(2000):
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(work())


async def yield_alone():
    for _ in range(50_000):
        await asyncio.sleep(0)


async def sleepers():
    async with asyncio.TaskGroup() as group:
        for _ in range(20_000):
            group.create_task(asyncio.sleep(0.01))


async def cancel_sleepers():
    tasks = [asyncio.create_task(asyncio.sleep(1000)) for _ in range(20_000)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)


async def timeout_unfired():
    total = 0
    for _ in range(100_000):
        async with asyncio.timeout(1000):
            total += await one()
    assert total == 100_000


async def semaphore_contended():
    gate = asyncio.Semaphore(10)
    done = 0

    async def work():
        nonlocal done
        for _ in range(1000):
            async with gate:
                await asyncio.sleep(0)
                done += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(work())
    assert done == 100_000


async def semaphore_free():
    gate = asyncio.Semaphore(1)
    done = 0
    for _ in range(200_000):
        async with gate:
            done += 1
    assert done == 200_000


async def queue_one_to_one():
    queue = asyncio.Queue(100)
    total = 0

    async def produce():
        for _ in range(200_000):
            await queue.put(1)

    async with asyncio.TaskGroup() as group:
        group.create_task(produce())
        for _ in range(200_000):
            total += await queue.get()
    assert total == 200_000


async def queue_ping_pong():
    there, back = asyncio.Queue(), asyncio.Queue()

    async def echo():
        for _ in range(50_000):
            await back.put(await there.get())

    async with asyncio.TaskGroup() as group:
        group.create_task(echo())
        for number in range(50_000):
            await there.put(number)
            assert await back.get() == number


async def map_bounded():
    gate = asyncio.Semaphore(50)

    async def work(number):
        async with gate:
            await asyncio.sleep(0)
            return number

    results = await asyncio.gather(*(work(number) for number in range(50_000)))
    assert sum(results) == 1_249_975_000


print("Python " + sys.version.split()[0], flush=True)
for line in sys.stdin:
    program = globals()[line.strip()]

    async def timed():
        start = time.perf_counter()
        await program()
        return time.perf_counter() - start

    print(asyncio.run(timed()), flush=True)
