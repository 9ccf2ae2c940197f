# A child that fails cancels body and siblings; what they throw on the way out comes after it, in order.
import asyncio


async def sibling(name, error):
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print(name, "told")
        await asyncio.sleep(0.02)
        print(name, "clean")
        raise error


async def fails():
    await asyncio.sleep(0.02)
    print("fails")
    raise ValueError("first")


async def main():
    try:
        async with asyncio.TaskGroup() as group:
            b = group.create_task(sibling("b", KeyError("second")))
            c = group.create_task(fails())
            try:
                await asyncio.sleep(10)
            except asyncio.CancelledError:
                print("body told")
                raise OSError("body")
    except BaseExceptionGroup as group_error:
        print([error.args[0] for error in group_error.exceptions])
    print(b.cancelled(), c.cancelled())
    print(asyncio.current_task().cancelling())
    await asyncio.sleep(0)
    print("not interrupted")


asyncio.run(main())
