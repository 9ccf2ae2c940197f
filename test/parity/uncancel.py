# A request that is taken back before a wait got it is forgotten; one that was caught and taken back is over.
import asyncio


async def withdrawn():
    task = asyncio.current_task()
    task.cancel()
    task.cancel()
    print(task.cancelling(), task.uncancel(), task.uncancel(), task.uncancel())
    await asyncio.sleep(0)
    return "went on"


async def half_withdrawn():
    task = asyncio.current_task()
    task.cancel()
    task.cancel()
    print(task.uncancel())
    await asyncio.sleep(0)
    print("not reached")


async def caught():
    task = asyncio.current_task()
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("caught", task.cancelling(), task.uncancel())
    await asyncio.sleep(0.02)
    print("slept again")
    await asyncio.sleep(10)


async def main():
    print(await asyncio.create_task(withdrawn()))
    half = asyncio.create_task(half_withdrawn())
    try:
        await half
    except asyncio.CancelledError:
        print("half", half.cancelling())
    task = asyncio.create_task(caught())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0.04)
    print(task.done(), task.cancelling())
    task.cancel()
    await asyncio.wait([task])
    print(task.cancelled(), task.uncancel())


asyncio.run(main())
