# gather gives results in the order of its arguments, whatever the order of finishing; nested, too.
import asyncio


async def work(name, delay):
    print(name, "starts")
    await asyncio.sleep(delay)
    print(name, "ends")
    return name


async def main():
    shared = asyncio.create_task(work("shared", 0.02))
    results = await asyncio.gather(
        work("slow", 0.06),
        asyncio.gather(work("inner", 0.04), shared),
        shared,
        work("fast", 0),
    )
    print(results)
    empty = asyncio.gather()
    print(await empty)


asyncio.run(main())
