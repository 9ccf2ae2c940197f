# Rounds of a barrier do not mix; a waiter that is cancelled leaves its round, reset and abort send all away.
import asyncio


async def attempt(name, barrier):
    try:
        await barrier.wait()
        print(name, "through")
    except asyncio.BrokenBarrierError:
        print(name, "broken")
    except asyncio.CancelledError:
        print(name, "cancelled")
        raise


async def main():
    barrier = asyncio.Barrier(3)
    first = [asyncio.create_task(attempt(name, barrier)) for name in ("a", "b")]
    gone = asyncio.create_task(attempt("gone", barrier))
    gone.cancel()
    await asyncio.sleep(0)
    print(barrier.parties, barrier.n_waiting, barrier.broken)
    await barrier.wait()
    await asyncio.gather(*first)
    print("waiting", barrier.n_waiting)
    cancelled = asyncio.create_task(attempt("cancelled", barrier))
    others = [asyncio.create_task(attempt("c", barrier))]
    await asyncio.sleep(0.01)
    cancelled.cancel()
    await asyncio.sleep(0.01)
    print("left", barrier.n_waiting, barrier.broken)
    others += [asyncio.create_task(attempt(name, barrier)) for name in ("d", "e")]
    await asyncio.gather(*others)
    waiting = [asyncio.create_task(attempt(name, barrier)) for name in ("f", "g")]
    await asyncio.sleep(0.01)
    await barrier.reset()
    await asyncio.gather(*waiting)
    print(barrier.broken)
    waiting = [asyncio.create_task(attempt(name, barrier)) for name in ("h", "i")]
    await asyncio.sleep(0.01)
    await barrier.abort()
    await asyncio.gather(*waiting, attempt("late", barrier))
    print(barrier.broken)


asyncio.run(main())
