# Free permits, items that are there and finished tasks let nobody in between.
import asyncio


async def other():
    for turn in range(3):
        print("other", turn)
        await asyncio.sleep(0)


async def main():
    done = asyncio.create_task(asyncio.sleep(0, "done"))
    await done
    task = asyncio.create_task(other())
    queue = asyncio.Queue()
    semaphore = asyncio.Semaphore(2)
    for turn in range(3):
        await queue.put(turn)
        async with semaphore:
            print("main", await queue.get(), await done)
    await asyncio.gather()
    async with asyncio.timeout(10), asyncio.TaskGroup():
        print("blocks")
    print("now a turn")
    await asyncio.sleep(0)
    print("main after a turn")
    await task


asyncio.run(main())
