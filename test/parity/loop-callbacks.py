# Callbacks of the loop stand in one line with tasks and waits; timers run by deadline and can be taken back.
import asyncio


async def work(name):
    print("task", name)
    await asyncio.sleep(0)
    print("task", name, "again")


async def main():
    loop = asyncio.get_running_loop()
    loop.call_soon(print, "soon", 1)
    task = asyncio.create_task(work("a"))

    def adds():
        print("soon adds")
        loop.call_soon(print, "added")

    loop.call_soon(adds)
    gone = loop.call_soon(print, "not reached")
    gone.cancel()
    print("scheduled", gone.cancelled())
    await asyncio.sleep(0)
    print("after one turn")
    await asyncio.sleep(0)
    print("after two turns")
    await task
    start = loop.time()
    loop.call_later(0.06, print, "later", 60)
    loop.call_later(0.02, print, "later", 20)
    handle = loop.call_at(start + 0.04, print, "not reached")
    loop.call_at(start + 0.08, print, "at", 80)
    print(handle.when() == start + 0.04, loop.time() >= start)
    handle.cancel()
    future = loop.create_future()
    loop.call_later(0.1, future.set_result, "value")
    print(await future)


asyncio.run(main())
