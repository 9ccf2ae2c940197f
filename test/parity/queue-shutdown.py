# Shutting a queue down: what is in it is still given out, waiters are sent away, immediately nothing is left.
import asyncio


async def attempt(name, work):
    try:
        print(name, await work)
    except asyncio.QueueShutDown:
        print(name, "sent away")


async def main():
    queue = asyncio.Queue(1)
    queue.put_nowait("x")
    putter = asyncio.create_task(attempt("put", queue.put("y")))
    joiner = asyncio.create_task(attempt("join", queue.join()))
    await asyncio.sleep(0)
    queue.shutdown()
    await asyncio.sleep(0)
    print(putter.done(), joiner.done(), queue.qsize())
    await attempt("get", queue.get())
    await attempt("get", queue.get())
    await attempt("put", queue.put("z"))
    queue.task_done()
    await joiner
    empty = asyncio.Queue()
    getters = [asyncio.create_task(attempt(name, empty.get())) for name in "ab"]
    await asyncio.sleep(0)
    empty.shutdown()
    print("not yet", getters[0].done())
    await asyncio.sleep(0)
    print(getters[0].done(), getters[1].done())
    await attempt("join", empty.join())
    full = asyncio.Queue()
    full.put_nowait(1)
    full.put_nowait(2)
    print(await full.get())
    joiner = asyncio.create_task(attempt("join", full.join()))
    await asyncio.sleep(0)
    full.shutdown(immediate=True)
    await asyncio.sleep(0)
    print(full.qsize(), joiner.done())
    full.task_done()
    await joiner
    try:
        full.task_done()
    except ValueError:
        print("too often")


asyncio.run(main())
