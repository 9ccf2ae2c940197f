# A notified waiter goes on when it has the lock again, in order; a notice to nobody is lost.
import asyncio


async def waiter(name, condition):
    async with condition:
        print(name, "waits")
        await condition.wait()
        print(name, "woken", condition.locked())
        await asyncio.sleep(0)
        print(name, "leaves")


async def main():
    condition = asyncio.Condition()
    async with condition:
        condition.notify()
    tasks = [asyncio.create_task(waiter(name, condition)) for name in "abcde"]
    await asyncio.sleep(0.01)
    async with condition:
        condition.notify(2)
        print("notified two")
        await asyncio.sleep(0)
        print("still mine", [task.done() for task in tasks])
    await asyncio.sleep(0.01)
    print([task.done() for task in tasks])
    async with condition:
        condition.notify_all()
    await asyncio.gather(*tasks)
    print(condition.locked())
    try:
        condition.notify()
    except RuntimeError:
        print("not mine")


asyncio.run(main())
