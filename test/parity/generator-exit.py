# A generator that is left early runs its finally, also when the break comes from a cancel.
import asyncio
from contextlib import aclosing


async def numbers(name):
    try:
        for number in range(10):
            await asyncio.sleep(0)
            yield number
    finally:
        print(name, "closes")
        await asyncio.sleep(0.02)
        print(name, "closed")


async def reader():
    async with aclosing(numbers("cancelled")) as source:
        async for number in source:
            print("read", number)
            if number == 1:
                await asyncio.sleep(10)


async def main():
    async with aclosing(numbers("left")) as source:
        async for number in source:
            print(number)
            if number == 2:
                break
    print("after the loop")
    task = asyncio.create_task(reader())
    await asyncio.sleep(0.02)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("reader cancelled")
    try:
        async with aclosing(numbers("broken")) as source:
            async for number in source:
                raise ValueError(number)
    except ValueError as error:
        print("error", error)
    print([number async for number in numbers("whole") if number % 4 == 0])


asyncio.run(main())
