# Done callbacks run on a later turn in order of registration, among the tasks that await the same future.
import asyncio


async def waiter(name, future):
    await future
    print("task", name)


async def main():
    future = asyncio.get_running_loop().create_future()

    def callback(name):
        def run(done):
            print("callback", name, done is future)

        return run

    def removed(done):
        print("not reached")

    def adding(done):
        print("callback adding")
        done.add_done_callback(callback("added"))

    first = asyncio.create_task(waiter("first", future))
    await asyncio.sleep(0)
    future.add_done_callback(callback("one"))
    second = asyncio.create_task(waiter("second", future))
    future.add_done_callback(adding)
    future.add_done_callback(removed)
    future.add_done_callback(removed)
    await asyncio.sleep(0)
    future.add_done_callback(callback("two"))
    print("removed", future.remove_done_callback(removed), future.remove_done_callback(print))
    future.set_result(1)
    print("set", first.done(), second.done())
    for turn in range(3):
        await asyncio.sleep(0)
        print("turn", turn)
    future.add_done_callback(callback("late"))
    print("value", await future)
    await asyncio.sleep(0)


asyncio.run(main())
