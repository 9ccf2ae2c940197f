# A group waits for all children, those that children start after the body has ended too.
import asyncio


async def child(name, delay, group=None):
    print(name, "starts")
    await asyncio.sleep(delay)
    if group is not None:
        group.create_task(child(name + "'s child", 0.02))
    print(name, "ends")
    return name


async def main():
    async with asyncio.TaskGroup() as group:
        a = group.create_task(child("a", 0.04))
        b = group.create_task(child("b", 0.02, group))
        print("body", a.done(), b.done())
        await asyncio.sleep(0)
        c = group.create_task(child("c", 0))
        print("body ends")
    print("left", a.result(), b.result(), c.result())
    async with asyncio.TaskGroup():
        print("empty")
    print("left")


asyncio.run(main())
