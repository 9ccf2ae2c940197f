# A group that is aborting or was left takes no more children.
import asyncio


async def never():
    print("not reached")


async def fails():
    raise ValueError("boom")


async def late(group):
    try:
        await asyncio.sleep(10)
    finally:
        work = never()
        try:
            group.create_task(work)
        except RuntimeError:
            print("refused while aborting")
        work.close()


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(late(group))
            group.create_task(fails())
    except* ValueError:
        print("failed")
    work = never()
    try:
        group.create_task(work)
    except RuntimeError:
        print("refused afterwards")
    work.close()


asyncio.run(main())
