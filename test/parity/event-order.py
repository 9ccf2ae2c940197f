# An event wakes all who wait, in order, also when it is cleared at once; a new task starts before them.
import asyncio


async def waiter(name, event):
    print(name, await event.wait())


async def main():
    event = asyncio.Event()
    tasks = [asyncio.create_task(waiter(name, event)) for name in ("one", "two", "cancelled", "three")]
    await asyncio.sleep(0)
    tasks[2].cancel()
    tasks.append(asyncio.create_task(waiter("new", event)))
    event.set()
    event.set()
    event.clear()
    print("cleared", event.is_set())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print([task.done() for task in tasks])
    event.set()
    print(await event.wait())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    print([task.done() for task in tasks], tasks[2].cancelled())


asyncio.run(main())
