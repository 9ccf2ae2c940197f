# A bounded buffer on one condition: predicates are looked at again after each notice.
import asyncio


async def producer(name, condition, buffer):
    for item in range(3):
        async with condition:
            await condition.wait_for(lambda: len(buffer) < 2)
            buffer.append(f"{name}{item}")
            condition.notify_all()
        await asyncio.sleep(0.01)


async def consumer(name, pause, condition, buffer, taken):
    for _ in range(3):
        async with condition:
            found = await condition.wait_for(lambda: len(buffer))
            taken.append(buffer.pop(0))
            print(name, found, taken[-1])
            condition.notify_all()
        await asyncio.sleep(pause)


async def main():
    condition = asyncio.Condition()
    buffer = []
    taken = []
    await asyncio.gather(
        consumer("x", 0.03, condition, buffer, taken),
        consumer("y", 0.035, condition, buffer, taken),
        producer("a", condition, buffer),
        producer("b", condition, buffer),
    )
    print(taken, buffer)


asyncio.run(main())
