# A context variable is seen by callees and children, not by siblings or the creator; callbacks keep theirs.
import asyncio
from contextvars import ContextVar

variable = ContextVar("variable", default="default")


async def grandchild():
    print("grandchild", variable.get())
    variable.set("grandchild's")


async def child(name):
    print(name, "starts with", variable.get())
    variable.set(f"{name}'s")
    await asyncio.sleep(0)
    task = asyncio.create_task(grandchild())
    await task
    print(name, "has", variable.get())


async def callee():
    variable.set("callee's")


async def main():
    loop = asyncio.get_running_loop()
    variable.set("main's")
    loop.call_soon(lambda: print("callback", variable.get()))
    a = asyncio.create_task(child("a"))
    token = variable.set("later")
    b = asyncio.create_task(child("b"))
    await asyncio.gather(a, b)
    print("main", variable.get())
    variable.reset(token)
    print("reset", variable.get())
    await asyncio.create_task(callee())
    print("after a task", variable.get())


asyncio.run(main())
print("outside", variable.get())
