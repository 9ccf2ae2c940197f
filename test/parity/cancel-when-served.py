# A future that has its value does not save a waiter that is cancelled before it goes on.
import asyncio


async def waiter(name, future):
    try:
        print(name, "got", await future)
    except asyncio.CancelledError:
        print(name, "cancelled")
        raise


async def main():
    future = asyncio.get_running_loop().create_future()
    a, b, c = [asyncio.create_task(waiter(name, future)) for name in "abc"]
    await asyncio.sleep(0)
    future.set_result(7)
    print(b.cancel(), future.cancelled(), future.result())
    await asyncio.sleep(0)
    print([task.done() for task in (a, b, c)])
    print([task.cancelled() for task in (a, b, c)], await future)


asyncio.run(main())
