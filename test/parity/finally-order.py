# Cleanup runs from the inside out; an error in a finally replaces the one on its way, and may become none.
import asyncio


async def inner():
    try:
        await asyncio.sleep(10)
    finally:
        print("inner finally")
        await asyncio.sleep(0)
        raise ValueError("from inner")


async def middle():
    try:
        await inner()
    except ValueError as error:
        print("middle caught", error)
        raise KeyError("from middle")
    finally:
        print("middle finally")
        await asyncio.sleep(0)


async def outer():
    try:
        await middle()
    except KeyError as error:
        print("outer caught", error.args[0])
    finally:
        print("outer finally")
    await asyncio.sleep(0)
    return "recovered"


async def main():
    task = asyncio.create_task(outer())
    other = asyncio.create_task(middle())
    await asyncio.sleep(0)
    task.cancel()
    other.cancel()
    print(await task, task.cancelled())
    try:
        await other
    except KeyError as error:
        print("other", error.args[0], other.cancelled())


asyncio.run(main())
