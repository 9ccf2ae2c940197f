# Children that fail in the same turn are all in the error; a body that fails cancels the children.
import asyncio


async def fails(name, turns):
    for _ in range(turns):
        await asyncio.sleep(0)
    print(name, "fails")
    raise ValueError(name)


async def parked(name):
    try:
        await asyncio.sleep(10)
    finally:
        print(name, "ends")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            for name in ("a", "b"):
                group.create_task(fails(name, 1))
            group.create_task(fails("late", 2))
            group.create_task(parked("parked"))
    except* ValueError as group_error:
        print([str(error) for error in group_error.exceptions])
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(parked("one"))
            await asyncio.sleep(0)
            raise ValueError("body")
    except* ValueError as group_error:
        print([str(error) for error in group_error.exceptions])
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(parked("never starts"))
            raise ValueError("at once")
    except* ValueError as group_error:
        print([str(error) for error in group_error.exceptions])


asyncio.run(main())
