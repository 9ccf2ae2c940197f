# as_completed gives outcomes in the order of finishing, errors included, and stops at its time limit.
import asyncio


async def work(name, delay, fails=False):
    await asyncio.sleep(delay)
    if fails:
        raise ValueError(name)
    return name


async def main():
    tasks = [
        asyncio.create_task(work("a", 0.06)),
        asyncio.create_task(work("b", 0.02)),
        asyncio.create_task(work("c", 0.04, True)),
    ]
    async for task in asyncio.as_completed(tasks):
        place = tasks.index(task)
        print(place, task.done(), task.exception() or task.result())
    async for task in asyncio.as_completed([]):
        print("not reached")
    late = asyncio.create_task(work("late", 0.06))
    try:
        async for task in asyncio.as_completed([late, tasks[0]], timeout=0.02):
            print(task.result())
    except TimeoutError:
        print("time is over", late.done())
    print(await late)
    async for task in asyncio.as_completed([late]):
        print("done before", task.result())


asyncio.run(main())
