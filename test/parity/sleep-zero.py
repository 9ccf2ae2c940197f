# sleep(0) goes to the end of the line: tasks take turns, and a nested call changes no order.
import asyncio


async def deep(depth):
    if depth > 0:
        await deep(depth - 1)
    else:
        await asyncio.sleep(0)


async def work(name, depth):
    for turn in range(4):
        print(name, turn)
        await deep(depth)
    print(name, "ends")


async def main():
    tasks = [asyncio.create_task(work(name, depth)) for name, depth in [("a", 0), ("b", 5), ("c", 1)]]
    for turn in range(3):
        print("main", turn)
        await asyncio.sleep(0)
    for task in tasks:
        await task
    print("value", await asyncio.sleep(0, "v"))


asyncio.run(main())
