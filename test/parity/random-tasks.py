# Sixty programs out of a generator: tasks that take turns, wait, lock, fail, clean up and cancel each other.
import asyncio


class Oops(Exception):
    pass


class Numbers:
    """The same numbers in both languages: Park and Miller's generator."""

    def __init__(self, seed):
        self.state = seed

    def below(self, limit):
        self.state = self.state * 48271 % 2147483647
        return self.state % limit


class Program:
    def __init__(self, seed, words):
        self.numbers = Numbers(seed)
        self.words = words
        self.last = 0

    def block(self, depth, longest):
        return [self.step(depth) for _ in range(1 + self.numbers.below(longest))]

    def step(self, depth):
        self.last += 1
        number = self.last
        words = self.words if depth > 0 else self.words[:-4]
        word = words[self.numbers.below(len(words))]
        if word in ("try", "finally"):
            return word, number, self.block(depth - 1, 4), self.block(depth - 1, 2)
        if word in ("spawn", "lock"):
            return word, number, self.block(depth - 1, 5), []
        return word, number, [], []


class World:
    def __init__(self, numbers):
        self.numbers = numbers
        self.tasks = []
        self.lock = asyncio.Lock()
        self.event = asyncio.Event()
        self.future = asyncio.get_running_loop().create_future()

    def spawn(self, number, steps):
        async def body():
            print("start", number)
            try:
                await self.all(steps)
                print("end", number)
            except asyncio.CancelledError:
                print("cancelled", number)
                raise
            except Oops as error:
                print("failed", number, error)
                raise
            return number

        self.tasks.append(asyncio.create_task(body(), name=f"{number}"))

    async def all(self, steps):
        for step in steps:
            await self.one(*step)

    async def one(self, word, number, steps, more):
        me = asyncio.current_task()
        if word == "turn":
            await asyncio.sleep(0)
            print("turn", number)
        elif word == "spawn":
            self.spawn(number, steps)
        elif word == "cancel":
            task = self.tasks[self.numbers.below(len(self.tasks))]
            print("cancel", task.get_name(), task.cancel())
        elif word == "fail":
            raise Oops(f"error {number}")
        elif word == "await":
            # Only younger tasks, so that nobody waits in a circle.
            index = self.tasks.index(me) + 1
            if index < len(self.tasks):
                print("got", number, await self.tasks[index])
        elif word == "future":
            print("future", number, await self.future)
        elif word == "result":
            if not self.future.done():
                self.future.set_result(number)
            self.future = asyncio.get_running_loop().create_future()
        elif word == "set":
            self.event.set()
        elif word == "clear":
            self.event.clear()
        elif word == "event":
            print("event", number, await self.event.wait())
        elif word == "lock":
            if not self.lock.locked():
                async with self.lock:
                    print("locked", number)
                    await self.all(steps)
        elif word == "try":
            try:
                await self.all(steps)
            except asyncio.CancelledError:
                print("caught", number)
                await self.all(more)
            except Oops as error:
                print("error", number, error)
                await self.all(more)
                raise
        elif word == "finally":
            try:
                await self.all(steps)
            finally:
                print("finally", number)
                await self.all(more)


async def play(seed, words):
    program = Program(seed, words)
    world = World(Numbers(seed + 1))
    for _ in range(3):
        program.last += 1
        world.spawn(program.last, program.block(3, 5))
    for _ in range(60):
        await asyncio.sleep(0)
    print("-- the rest is cancelled")
    while any(not task.done() for task in world.tasks):
        for task in list(world.tasks):
            task.cancel()
        await asyncio.sleep(0)
    for task in world.tasks:
        state = "cancelled" if task.cancelled() else "failed" if task.exception() else "done"
        print(task.get_name(), state)


async def main():
    cancels = ["turn", "turn", "cancel", "cancel", "fail", "await", "future", "result", "try", "finally", "spawn", "spawn"]
    locks = ["turn", "turn", "turn", "event", "set", "clear", "future", "result", "spawn", "finally", "spawn", "lock"]
    for seed in range(1, 61):
        print("---", seed)
        await play(seed, cancels if seed % 3 > 0 else locks)


asyncio.run(main())
