# A failure outside passes silently through an inner group; one inside stays inside when it is caught.
import asyncio


async def fails(name, delay):
    await asyncio.sleep(delay)
    raise ValueError(name)


async def parked(name):
    try:
        await asyncio.sleep(10)
    finally:
        print(name, "ends")


async def main():
    try:
        async with asyncio.TaskGroup() as outer:
            outer.create_task(fails("outer", 0.02))
            outer.create_task(parked("outer child"))
            async with asyncio.TaskGroup() as inner:
                inner.create_task(parked("inner child"))
                await asyncio.sleep(10)
            print("not reached")
    except* ValueError as group_error:
        print([str(error) for error in group_error.exceptions])
    async with asyncio.TaskGroup() as outer:
        survivor = outer.create_task(asyncio.sleep(0.04, "survived"))
        try:
            async with asyncio.TaskGroup() as inner:
                inner.create_task(fails("inner", 0.02))
                inner.create_task(parked("inner child"))
        except* ValueError as group_error:
            print("inside", [str(error) for error in group_error.exceptions])
        await asyncio.sleep(0)
        print("outer goes on", survivor.done())
    print(survivor.result(), asyncio.current_task().cancelling())


asyncio.run(main())
