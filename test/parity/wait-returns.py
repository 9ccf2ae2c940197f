# wait: at the first that is done, at the first error, when all are done, when its time is over.
import asyncio


async def work(name, delay, fails=False):
    await asyncio.sleep(delay)
    if fails:
        raise ValueError(name)
    return name


async def main():
    plan = [("a", 0.04, False), ("b", 0.02, False), ("c", 0.06, True), ("d", 0.1, False)]
    tasks = [asyncio.create_task(work(*one), name=one[0]) for one in plan]

    def told(done, pending):
        return sorted(task.get_name() for task in done), sorted(task.get_name() for task in pending)

    print(*told(*await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)))
    print(*told(*await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)))
    print(*told(*await asyncio.wait(tasks[:1] + tasks[2:], timeout=0.03)))
    print(*told(*await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)))
    tasks[3].cancel()
    late = asyncio.create_task(work("late", 0.02), name="late")
    print(*told(*await asyncio.wait([tasks[3], late, late], return_when=asyncio.FIRST_EXCEPTION)))
    print(*told(*await asyncio.wait(tasks)), tasks[2].exception(), tasks[3].cancelled())


asyncio.run(main())
