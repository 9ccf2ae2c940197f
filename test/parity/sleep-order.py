# Sleepers wake in the order of their deadlines; tasks woken together keep theirs.
import asyncio


async def sleeper(name, delay):
    await asyncio.sleep(delay)
    print(name)


async def main():
    plan = [("d", 0.08), ("b", 0.04), ("a", 0.02), ("c", 0.06), ("zero", 0), ("less", -1)]
    tasks = [asyncio.create_task(sleeper(name, delay)) for name, delay in plan]
    print("value", await asyncio.sleep(0.03, 7))
    for task in tasks:
        await task
    print("ends")


asyncio.run(main())
