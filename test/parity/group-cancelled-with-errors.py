# Errors of the children's cleanup beat the request from outside, which comes again at the next wait.
import asyncio


async def child(name):
    try:
        await asyncio.sleep(10)
    finally:
        raise ValueError(name)


async def parent():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(child("a"))
            group.create_task(child("b"))
    except* ValueError as group_error:
        print(sorted(str(error) for error in group_error.exceptions))
    print("no wait yet", asyncio.current_task().cancelling())
    await asyncio.sleep(0)
    print("not reached")


async def main():
    task = asyncio.create_task(parent())
    await asyncio.sleep(0.01)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled", task.cancelled())


asyncio.run(main())
