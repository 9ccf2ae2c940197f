# The caller of a shield leaves at once; the work inside runs on and keeps its value.
import asyncio


async def work(name):
    print(name, "starts")
    await asyncio.sleep(0.04)
    print(name, "ends")
    return name


async def caller(inner):
    try:
        print("value", await asyncio.shield(inner))
    except asyncio.CancelledError:
        print("caller told", inner.done())
        raise


async def main():
    inner = asyncio.create_task(work("inner"))
    task = asyncio.create_task(caller(inner))
    other = asyncio.create_task(caller(inner))
    await asyncio.sleep(0.02)
    print(task.cancel())
    await asyncio.sleep(0)
    print(task.cancelled(), inner.done())
    await other
    print(await inner, await asyncio.shield(inner))
    outer = asyncio.shield(asyncio.sleep(0.02, "slept"))
    print(outer.cancel(), outer.cancelled())
    both = asyncio.gather(asyncio.shield(inner), asyncio.shield(asyncio.create_task(work("late"))))
    await asyncio.sleep(0)
    print(both.cancel())
    try:
        await both
    except asyncio.CancelledError:
        print("gather cancelled")
    await asyncio.sleep(0.06)


asyncio.run(main())
