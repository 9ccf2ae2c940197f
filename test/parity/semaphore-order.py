# Permits go to waiters in order of arrival; who comes back goes to the end of the line.
import asyncio


async def worker(name, semaphore):
    for turn in range(3):
        async with semaphore:
            print(name, turn, semaphore.locked())
            await asyncio.sleep(0)


async def main():
    semaphore = asyncio.Semaphore(2)
    await asyncio.gather(*(worker(name, semaphore) for name in "abcde"))
    print(semaphore.locked())
    single = asyncio.Semaphore(1)
    await asyncio.gather(*(worker(name, single) for name in "xyz"))
    single.release()
    await single.acquire()
    await single.acquire()
    print("grown", single.locked())


asyncio.run(main())
