# The first failure is thrown at once; siblings run on, a second failure is dropped, cancel comes too late.
import asyncio


async def work(name, delay, fails):
    try:
        await asyncio.sleep(delay)
        if fails:
            raise ValueError(name)
        return name
    finally:
        print(name, "ends")


async def main():
    a = asyncio.create_task(work("a", 0.06, False))
    b = asyncio.create_task(work("b", 0.02, True))
    c = asyncio.create_task(work("c", 0.04, True))
    together = asyncio.gather(a, b, c)
    try:
        await together
    except ValueError as error:
        print("caught", error)
    print(together.cancel(), together.done(), [task.done() for task in (a, b, c)])
    print(await a)
    print(c.exception())


asyncio.run(main())
