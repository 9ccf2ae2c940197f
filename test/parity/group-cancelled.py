# A group whose task is cancelled ends its children first, cleanup included, and then passes the request on.
import asyncio


async def child(name, cleanup):
    try:
        print(name, "starts")
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print(name, "told")
        await asyncio.sleep(cleanup)
        print(name, "clean")
        raise


async def in_exit():
    async with asyncio.TaskGroup() as group:
        group.create_task(child("a", 0.04))
        group.create_task(child("b", 0.02))
    print("not reached")


async def in_body():
    async with asyncio.TaskGroup() as group:
        group.create_task(child("c", 0.02))
        await asyncio.sleep(10)
        print("not reached")
    print("not reached")


async def main():
    for work in (in_exit, in_body):
        task = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        task.cancel("why")
        try:
            await task
        except asyncio.CancelledError as error:
            print(work.__name__, "cancelled", error, task.cancelling())


asyncio.run(main())
