# A body that catches the request and gives a value has not been cancelled; one that throws has failed.
import asyncio


async def stubborn():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        print("stubborn caught")
    await asyncio.sleep(0)
    print("stubborn goes on")
    return 42


async def breaking():
    try:
        await asyncio.sleep(10)
    finally:
        raise ValueError("cleanup")


async def main():
    a = asyncio.create_task(stubborn())
    b = asyncio.create_task(breaking())
    await asyncio.sleep(0)
    a.cancel()
    b.cancel()
    print("a", await a, a.cancelled(), a.cancelling())
    try:
        await b
    except ValueError as error:
        print("b", error, b.cancelled())
    print(b.done(), b.cancel(), b.exception())


asyncio.run(main())
