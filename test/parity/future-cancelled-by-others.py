# A third party cancels what several tasks await: all get the error, none of them was asked to end.
import asyncio


async def waiter(name, future):
    try:
        await future
    except asyncio.CancelledError as error:
        print(name, "told", error)
    await asyncio.sleep(0)
    print(name, "goes on", asyncio.current_task().cancelling())
    return name


async def passes(future):
    await future


async def main():
    future = asyncio.get_running_loop().create_future()
    tasks = [asyncio.create_task(waiter(name, future)) for name in "ab"]
    other = asyncio.create_task(passes(future))
    await asyncio.sleep(0)
    print(future.cancel("gone"), future.cancel(), future.cancelled())
    print(await tasks[0], await tasks[1])
    print(other.cancelled(), other.cancelling())


asyncio.run(main())
