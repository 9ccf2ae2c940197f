# A waiter that is cancelled holds the lock when wait() ends, and a notice it had goes to the next.
import asyncio


async def waiter(name, condition):
    async with condition:
        try:
            await condition.wait()
            print(name, "woken")
        except asyncio.CancelledError as error:
            print(name, "cancelled", error, condition.locked())
            raise


async def main():
    condition = asyncio.Condition()
    tasks = [asyncio.create_task(waiter(name, condition)) for name in "ac"]
    await asyncio.sleep(0.01)
    async with condition:
        condition.notify()
        await asyncio.sleep(0.01)
        tasks[0].cancel("taking the lock back")
        await asyncio.sleep(0.01)
        print("a waits for the lock", tasks[0].done())
    await asyncio.sleep(0.01)
    print([task.done() for task in tasks], tasks[0].cancelled())
    parked = asyncio.create_task(waiter("parked", condition))
    await asyncio.sleep(0.01)
    parked.cancel("while parked")
    await asyncio.wait([parked])
    print(condition.locked())


asyncio.run(main())
