# A failed task throws the same error at each await; reading it twice changes nothing.
import asyncio


async def fails():
    await asyncio.sleep(0)
    raise ValueError("boom")


async def main():
    task = asyncio.create_task(fails())
    try:
        task.result()
    except asyncio.InvalidStateError:
        print("not ready")
    seen = []
    for _ in range(2):
        try:
            await task
        except ValueError as error:
            seen.append(error)
    print(len(seen), seen[0] is seen[1], task.exception() is seen[0], task.cancelled())
    try:
        task.set_result(1)
    except RuntimeError:
        print("the body alone sets it")
    print(task.cancel(), task.done())


asyncio.run(main())
