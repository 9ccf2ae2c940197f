"""Does on Python's asyncio what the programs under bench/ do on tsyncio.

    python3 asyncio_peer.py asyncio|uvloop wall|cpu

Reads lines of `rate NAME SLICE` or `cost NAME` and answers each with a line of JSON: for a rate, how often the
program was called and the seconds that took, called again until SLICE seconds are over; for a cost, what the
program gives. Neither the start of the interpreter nor the pipe is in the figures. The numbers of tasks and waits
are those of the programs of the same question.
"""

import asyncio
import contextvars
import gc
import json
import resource
import sys
import time

LONG = 1_000
clock = time.process_time if sys.argv[2] == "cpu" else time.perf_counter


async def one():
    return 1


# --- core


async def spawn():
    total = 0
    for _ in range(10_000):
        total += await asyncio.create_task(one())
    assert total == 10_000


async def groups_of(size, groups):
    total = 0
    for _ in range(groups):
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one()) for _ in range(size)]
        total += sum(task.result() for task in tasks)
    assert total == size * groups


async def group_of_1():
    await groups_of(1, 2000)


async def group_of_100():
    await groups_of(100, 100)


async def group_of_10000():
    await groups_of(10_000, 1)


async def tree(level):
    if level == 0:
        return 1
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(tree(level - 1)) for _ in range(10)]
    return sum(task.result() for task in tasks)


async def group_nested():
    assert await tree(3) == 1000


async def cancel():
    tasks = [asyncio.create_task(asyncio.sleep(LONG)) for _ in range(100_000)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    cancelled = 0
    for task in tasks:
        try:
            await task
        except asyncio.CancelledError:
            cancelled += 1
    assert cancelled == 100_000


variable = contextvars.ContextVar("bench")


async def context_lookup():
    async def read():
        await asyncio.sleep(0)
        total = 0
        for _ in range(100_000):
            total += variable.get()
        return total

    token = variable.set(1)
    assert await asyncio.create_task(read()) == 100_000
    variable.reset(token)


# --- time


async def yield_among(tasks, turns):
    async def work():
        for _ in range(turns):
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for _ in range(tasks):
            group.create_task(work())


async def yield_among_1():
    await yield_among(1, 5000)


async def yield_among_100():
    await yield_among(100, 200)


async def yield_among_10000():
    await yield_among(10_000, 5)


async def timers():
    done = 0

    async def work(i):
        nonlocal done
        await asyncio.sleep((10 + i % 10) / 1000)
        done += 1

    async with asyncio.TaskGroup() as group:
        for i in range(100_000):
            group.create_task(work(i))
    assert done == 100_000


async def timeout_unfired():
    total = 0
    for _ in range(10_000):
        async with asyncio.timeout(LONG):
            total += await one()
    assert total == 10_000


async def timeout_fired():
    fired = 0

    async def work():
        nonlocal fired
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(LONG)
        except TimeoutError:
            fired += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(10_000):
            group.create_task(work())
    assert fired == 10_000


# --- sync


async def pass_free(gate):
    done = 0
    for _ in range(20_000):
        async with gate:
            done += 1
    assert done == 20_000


async def semaphore_free():
    await pass_free(asyncio.Semaphore(10))


async def lock_free():
    await pass_free(asyncio.Lock())


async def pass_contended(gate):
    done = 0

    async def work():
        nonlocal done
        for _ in range(50):
            async with gate:
                await asyncio.sleep(0)
                done += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(100):
            group.create_task(work())
    assert done == 5000


async def semaphore_contended():
    await pass_contended(asyncio.Semaphore(10))


async def lock_contended():
    await pass_contended(asyncio.Lock())


async def event():
    start = asyncio.Event()
    woken = 0

    async def work():
        nonlocal woken
        await start.wait()
        woken += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(10_000):
            group.create_task(work())
        await asyncio.sleep(0)
        start.set()
    assert woken == 10_000


async def condition():
    changed = asyncio.Condition()
    turn = 0

    async def player(me):
        nonlocal turn
        for _ in range(5000):
            async with changed:
                while turn % 2 != me:
                    await changed.wait()
                turn += 1
                changed.notify()

    async with asyncio.TaskGroup() as group:
        group.create_task(player(0))
        group.create_task(player(1))
    assert turn == 10_000


async def through_queue(pairs, bound, each):
    queue = asyncio.Queue(bound)
    total = 0

    async def produce():
        for _ in range(each):
            await queue.put(1)

    async def consume():
        nonlocal total
        for _ in range(each):
            item = await queue.get()
            total += item

    async with asyncio.TaskGroup() as group:
        for _ in range(pairs):
            group.create_task(produce())
            group.create_task(consume())
    assert total == pairs * each


async def queue_one_to_one():
    await through_queue(1, 100, 20_000)


async def queue_many_to_many():
    await through_queue(10, 10, 2000)


async def queue_ping_pong():
    there, back = asyncio.Queue(), asyncio.Queue()

    async def echo():
        for _ in range(5000):
            await back.put(await there.get())

    async with asyncio.TaskGroup() as group:
        group.create_task(echo())
        for number in range(5000):
            await there.put(number)
            assert await back.get() == number


# --- combine


async def gather():
    total = 0
    for _ in range(100):
        total += sum(await asyncio.gather(*(one() for _ in range(100))))
    assert total == 10_000


async def map_bounded():
    gate = asyncio.Semaphore(50)

    async def work(number):
        async with gate:
            await asyncio.sleep(0)
            return number

    results = await asyncio.gather(*(work(number) for number in range(10_000)))
    assert sum(results) == 49_995_000


# --- http


async def http_get():
    import os

    import aiohttp

    url, connections, count = os.environ["BENCH_URL"], 50, 1000
    done = 0
    session = await http_session(aiohttp, connections)

    async def work():
        nonlocal done
        for _ in range(count // connections):
            async with session.get(url) as response:
                assert response.status == 200
                done += len(await response.text())

    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(work())
    assert done == count * int(os.environ["BENCH_BODY"])


async def batch():
    """Reads lines, sends their bodies over 64 connections, writes a record for each answer."""
    import os
    import tempfile

    import aiohttp

    url, connections = os.environ["BENCH_URL"], 64
    session = await http_session(aiohttp, connections)
    with open(os.environ["BENCH_INPUT"]) as lines, tempfile.NamedTemporaryFile("w") as output:
        written = 0

        async def work():
            nonlocal written
            for line in lines:
                item = json.loads(line)
                async with session.post(url, json=item["body"]) as response:
                    assert response.status == 200
                    body = await response.json()
                record = {"custom_id": item["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}
                output.write(json.dumps(record) + "\n")
                written += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(work())
        assert written == 10000


sessions = []


async def http_session(aiohttp, connections):
    """One session for the life of the loop, as the other programs keep their client."""
    if not sessions:
        connector = aiohttp.TCPConnector(limit=connections)
        sessions.append(aiohttp.ClientSession(connector=connector))
    return sessions[0]


# --- costs


async def parked_bytes():
    count = 20_000
    gate = asyncio.Event()

    async def work():
        await gate.wait()

    gc.collect()
    before = resident()
    tasks = [asyncio.create_task(work()) for _ in range(count)]
    await asyncio.sleep(0.05)
    gc.collect()
    bytes_each = (resident() - before) / count
    gate.set()
    for task in tasks:
        await task
    return [bytes_each]


async def million():
    start = clock()
    asleep = 0

    async def work():
        nonlocal asleep
        asleep += 1
        await asyncio.sleep(LONG)

    tasks = [asyncio.create_task(work()) for _ in range(1_000_000)]
    while asleep < len(tasks):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    assert all(task.cancelled() for task in tasks)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return [clock() - start, peak / 1024 if sys.platform != "darwin" else peak / 2**20]


def resident():
    """Bytes of memory this process has in use; Linux tells the present, other systems only the peak."""
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


# --- the talk with the benchmark

if sys.argv[1] == "uvloop":
    import uvloop

    loop = uvloop.new_event_loop()
else:
    loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


async def timed(program, least):
    calls = 0
    start = clock()
    while True:
        await program()
        calls += 1
        seconds = clock() - start
        if seconds >= least:
            return [calls, seconds]


for line in sys.stdin:
    kind, name, *rest = line.split()
    program = globals()[name]
    work = timed(program, float(rest[0])) if kind == "rate" else program()
    print(json.dumps(loop.run_until_complete(work)), flush=True)
for session in sessions:
    loop.run_until_complete(session.close())
