# A group, a limit, and a task that is cancelled.
import asyncio


async def fetch(name, delay):
    try:
        await asyncio.sleep(delay)
        return f"page {name}"
    finally:
        print("closed", name)


async def main():
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(fetch("slow", 0.03))
        fast = group.create_task(fetch("fast", 0.01))
    print(slow.result(), fast.result())

    try:
        async with asyncio.timeout(0.02):
            await fetch("endless", 3600)
    except TimeoutError:
        print("too slow")

    task = asyncio.create_task(fetch("unwanted", 3600))
    await asyncio.sleep(0.01)
    task.cancel()
    results = await asyncio.gather(task, fetch("wanted", 0), return_exceptions=True)
    print(task.cancelled(), results[1])


asyncio.run(main())
