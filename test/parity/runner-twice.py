# One runner runs several times: its context is kept.
import asyncio
from contextvars import ContextVar

variable = ContextVar("variable", default="default")


async def first():
    variable.set("first's")
    print("first", variable.get())
    return 1


async def second():
    print("second", variable.get())
    asyncio.current_task().cancel("why")
    await asyncio.sleep(0)


with asyncio.Runner() as runner:
    print(runner.run(first()))
    try:
        runner.run(second())
    except asyncio.CancelledError as error:
        print("cancelled", error)
try:
    runner.get_loop()
except RuntimeError:
    print("closed")
print(variable.get())
