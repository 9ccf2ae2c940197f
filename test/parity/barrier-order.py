# The last to come goes on first, the others in order; each has its place, and rounds follow each other.
import asyncio


async def runner(name, barrier):
    for turn in range(3):
        index = await barrier.wait()
        print(name, turn, index)
        await asyncio.sleep(0.01 * (index + 1))


async def main():
    barrier = asyncio.Barrier(3)
    await asyncio.gather(*(runner(name, barrier) for name in "abc"))
    print(barrier.n_waiting)


asyncio.run(main())
