# An eager task runs to its first wait before its creator goes on.
import asyncio


async def work(name, waits):
    print(name, "starts as", asyncio.current_task().get_name())
    if waits:
        await asyncio.sleep(0)
        print(name, "goes on")
    return name


async def fails():
    raise ValueError("at once")


async def main():
    loop = asyncio.get_running_loop()

    def eager(coroutine, name):
        return asyncio.Task(coroutine, loop=loop, name=name, eager_start=True)

    lazy = asyncio.create_task(work("lazy", True))
    lazy.set_name("lazy task")
    quick = eager(work("quick", False), "quick task")
    print("quick", quick.done(), quick.result())
    slow = eager(work("slow", True), "slow task")
    print("slow", slow.done(), asyncio.current_task() is slow)
    failed = eager(fails(), "failed task")
    print("failed", failed.done(), failed.exception())
    slow.cancel()
    lazy.cancel()
    await asyncio.gather(slow, lazy, return_exceptions=True)
    print(slow.cancelled(), lazy.cancelled(), quick.cancel())


asyncio.run(main())
