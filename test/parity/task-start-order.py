# Tasks start in the order in which they were created, after their creator has parked.
import asyncio


async def work(name):
    print(name, "starts")
    print(name, "is", asyncio.current_task().get_name())
    return name.upper()


async def main():
    tasks = [asyncio.create_task(work(name), name=f"task {name}") for name in "abc"]
    print("created", [task.done() for task in tasks])
    late = asyncio.create_task(work("d"), name="task d")
    print("first", await tasks[0])
    print("now", [task.done() for task in tasks], late.done())
    print("again", await tasks[0], await tasks[2], await late)
    print("all", len(asyncio.all_tasks()))


asyncio.run(main())
