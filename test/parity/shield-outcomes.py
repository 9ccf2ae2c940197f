# A shield passes on the value, the very error, or the cancel of what it protects.
import asyncio


async def fails():
    await asyncio.sleep(0)
    raise ValueError("boom")


async def main():
    task = asyncio.create_task(fails())
    outer = asyncio.shield(task)
    try:
        await outer
    except ValueError as error:
        print(error, error is task.exception(), outer.exception() is error)
    inner = asyncio.create_task(asyncio.sleep(10))
    outer = asyncio.shield(inner)
    await asyncio.sleep(0)
    inner.cancel()
    try:
        await outer
    except asyncio.CancelledError:
        print("cancelled", inner.cancelled(), outer.cancelled())
    future = asyncio.get_running_loop().create_future()
    outer = asyncio.shield(future)
    future.set_result("v")
    await asyncio.sleep(0)
    print(outer.done(), outer.result())


asyncio.run(main())
