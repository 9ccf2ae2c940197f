# Cancelling a task that awaits a gather tells every child, nested ones too, before the task itself.
import asyncio


async def work(name):
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print(name, "told")
        raise


async def parent():
    try:
        await asyncio.gather(work("a"), asyncio.gather(work("b"), work("c")), work("d"))
    except asyncio.CancelledError:
        print("parent told")
        raise


async def main():
    task = asyncio.create_task(parent())
    await asyncio.sleep(0.01)
    print(task.cancel())
    try:
        await task
    except asyncio.CancelledError:
        print("parent cancelled", task.cancelled())


asyncio.run(main())
