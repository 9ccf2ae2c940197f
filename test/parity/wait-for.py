# wait_for cancels what takes too long and waits for its cleanup; what the cleanup throws or gives wins.
import asyncio


async def work(name, cleanup):
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print(name, "told")
        await asyncio.sleep(0.03)
        print(name, "clean")
        return cleanup()


def passes_on():
    raise asyncio.CancelledError


def throws():
    raise ValueError("cleanup")


def swallows():
    return "a value after all"


async def main():
    for cleanup in (passes_on, throws, swallows):
        try:
            print("value", await asyncio.wait_for(work(cleanup.__name__, cleanup), 0.02))
        except TimeoutError as error:
            print("timed out", type(error.__cause__).__name__)
        except ValueError as error:
            print("failed", error)
        print("counts", asyncio.current_task().cancelling())
    print(await asyncio.wait_for(asyncio.sleep(0.01, "in time"), 1))
    print(await asyncio.wait_for(asyncio.sleep(0.01, "no limit"), None))
    task = asyncio.create_task(asyncio.sleep(0.04, "kept"))
    try:
        await asyncio.wait_for(asyncio.shield(task), 0.02)
    except TimeoutError:
        print("shielded", task.done())
    print(await task)
    future = asyncio.get_running_loop().create_future()
    future.set_result("there")
    print(await asyncio.wait_for(future, 0))


asyncio.run(main())
