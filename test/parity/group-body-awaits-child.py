# A body that awaits the failing child is interrupted, and the error stands in the group error once.
import asyncio


async def fails():
    await asyncio.sleep(0)
    raise ValueError("boom")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            child = group.create_task(fails())
            try:
                await child
            finally:
                print("body leaves")
    except* ValueError as group_error:
        print([str(error) for error in group_error.exceptions])
    try:
        async with asyncio.TaskGroup() as group:
            child = group.create_task(fails())
            try:
                await child
            except BaseException:
                print("caught")
            print("went on")
    except* ValueError as group_error:
        print([str(error) for error in group_error.exceptions])
    await asyncio.sleep(0)
    print(asyncio.current_task().cancelling())


asyncio.run(main())
