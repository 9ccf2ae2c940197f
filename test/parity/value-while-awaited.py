# Many tasks await one: all get its value in the order in which they came; late ones do not wait at all.
import asyncio


async def work():
    await asyncio.sleep(0.02)
    print("work ends")
    return "v"


async def waiter(name, task):
    print(name, await task)


async def late(task):
    value = await task
    print("late", value, "before anybody else")


async def main():
    task = asyncio.create_task(work())
    waiters = [asyncio.create_task(waiter(name, task)) for name in "abc"]
    await asyncio.sleep(0.04)
    other = asyncio.create_task(waiter("other", task))
    await late(task)
    await other
    print([one.done() for one in waiters])


asyncio.run(main())
