// Bad habits: said twice, failed after the first failure, a clean-up that never ends, iterators that are not closed,
// generators that go on in their finally, handlers and orders that throw.
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { Problem, TaskGroupError } from "../../src/index.ts"
import {
  BoundedSemaphore,
  CapacityLimiter,
  Future,
  InvalidStateError,
  Lock,
  Pool,
  PriorityQueue,
  Queue,
  RateLimiter,
  Semaphore,
  asCompleted,
  cancelScope,
  collect,
  coroutine,
  createTask,
  dual,
  gather,
  getRunningLoop,
  map,
  moveOnAfter,
  race,
  resource,
  shield,
  sleep,
  staggeredRace,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../../src/index.ts"
import { expectCount, hasSeen, injected, noise, oddValues, playFault } from "./fault-rig.ts"

/** Nothing that the process would complain of may come of this whole file. */
const heard: unknown[] = []
const hear = (what: unknown): void => void heard.push(what)
beforeAll(() => void process.on("unhandledRejection", hear).on("warning", hear))
afterAll(() => {
  process.off("unhandledRejection", hear).off("warning", hear)
  expect(heard).toEqual([])
  expectCount(1500)
})

/** Plays a program that must not fail. */
async function sound(program: () => unknown): Promise<readonly Problem[]> {
  const { errors, problems } = await playFault(program)
  const thrown = errors.filter((error) => !problems.some((problem) => problem.error === error))
  if (thrown.length > 0) throw thrown[0]
  return problems
}

describe("said twice", () => {
  const permits: Readonly<
    Record<string, () => { acquire(): Promise<{ release(): void }>; free(): boolean }>
  > = {
    Lock: () => of(new Lock()),
    Semaphore: () => of(new Semaphore(1)),
    BoundedSemaphore: () => of(new BoundedSemaphore(1)),
    CapacityLimiter: () => of(new CapacityLimiter(1)),
    RateLimiter: () => {
      const limiter = new RateLimiter({ budgets: { a: { limit: 1000, per: 1 } }, concurrency: 1 })
      return { acquire: () => limiter.acquire(), free: () => limiter.statistics().running === 0 }
    },
    Pool: () => {
      const pool = new Pool<object>({ max: 1, create: () => ({}), destroy: () => {}, idle: 1 })
      return { acquire: () => pool.acquire(), free: () => pool.statistics().lent === 0 }
    },
  }
  it.each(Object.keys(permits))("a permit of %s goes back once", async (name) => {
    for (let again = 1; again <= 20; again += 1) {
      await sound(async () => {
        const gate = permits[name]?.() ?? of(new Lock())
        let inside = 0
        const visit = async (): Promise<void> => {
          const permit = await gate.acquire()
          expect((inside += 1)).toBe(1)
          await sleep(1)
          inside -= 1
          for (let i = 0; i <= again; i += 1) permit.release()
        }
        await gather([visit, visit, visit, visit])
        expect(gate.free()).toBe(true)
        await sleep(2)
      })
    }
  })

  it("a future is set once; the second word is the mistake of whoever says it", async () => {
    for (const first of Object.values(settlers)) {
      for (const second of Object.values(settlers)) {
        await sound(async () => {
          const future = new Future<number>()
          first(future)
          const before = String(future)
          expect(wordOf(() => second(future))).toBe(second === settlers["cancel"] ? "said" : "refused")
          expect(String(future)).toBe(before)
          await future.join().catch(() => {})
        })
      }
    }
  })

  it("a child that says twice that it is ready fails its group", async () => {
    const { errors } = await playFault(() =>
      taskGroup((group) =>
        group.start(async (ready) => {
          ready(1)
          await sleep(1)
          ready(2)
        }),
      ),
    )
    expect((errors[0] as TaskGroupError).find(InvalidStateError)).toBeDefined()
  })

  it("taskDone() and release() said too often are refused, and break nothing", async () => {
    await sound(async () => {
      const queue = new Queue<number>()
      queue.putNowait(1)
      queue.taskDone()
      expect(() => queue.taskDone()).toThrow(RangeError)
      await queue.join()
      expect(() => new BoundedSemaphore(1).release()).toThrow()
      expect(() => new Lock().release()).toThrow(InvalidStateError)
      expect(() => new CapacityLimiter(1).release()).toThrow(InvalidStateError)
    })
  })
})

/** What becomes of a word that comes too late. */
function wordOf(say: () => void): string {
  try {
    say()
    return "said"
  } catch (error) {
    return error instanceof InvalidStateError ? "refused" : String(error)
  }
}

const settlers: Readonly<Record<string, (future: Future<number>) => void>> = {
  setResult: (future) => future.setResult(1),
  setException: (future) => future.setException(new RangeError("E")),
  cancel: (future) => void future.cancel("stop"),
  setExceptionUndefined: (future) => future.setException(undefined),
}

function of(gate: Lock | Semaphore | CapacityLimiter): {
  acquire(): Promise<{ release(): void }>
  free(): boolean
} {
  const acquire = (): Promise<{ release(): void }> =>
    gate instanceof CapacityLimiter ? gate.acquire({ borrower: {} }) : gate.acquire()
  return { acquire, free: () => !gate.locked() }
}

describe("siblings that fail after the first", () => {
  const throwsFirst = new Set([
    "gather",
    "taskGroup",
    "race",
    "map",
    "waitFor",
    "shield",
    "Promise.all",
    "Promise.race",
  ])
  const ways: Readonly<Record<string, (works: (() => Promise<never>)[]) => unknown>> = {
    gather: (works) => gather(works).join(),
    "gather with exceptions": (works) => gather(works, { returnExceptions: true }).join(),
    taskGroup: (works) => taskGroup((group) => works.forEach((work) => void group.createTask(work))),
    race: (works) => race(works),
    staggeredRace: (works) => staggeredRace(works, 1),
    map: (works) => collect.array(map(works, (work) => work(), { concurrency: 3 })),
    wait: async (works) => {
      const { done } = await wait(works)
      for (const task of done) task.exception()
    },
    asCompleted: (works) => collect.array(asCompleted(works)),
    waitFor: (works) => gather(works.map((work) => () => waitFor(work, 50))).join(),
    shield: (works) => gather(works.map((work) => shield(work))).join(),
    "Promise.all": (works) => Promise.all(works.map((work) => createTask(work).join())),
    "Promise.allSettled": (works) => Promise.allSettled(works.map((work) => createTask(work).join())),
    "Promise.race": (works) => Promise.race(works.map((work) => createTask(work).join())),
  }
  it.each(Object.keys(ways))("%s: each failure reaches somebody, none the process", async (name) => {
    for (const [first, second, third] of [
      [0, 0, 0],
      [1, 1, 1],
      [0, 1, 2],
      [2, 1, 0],
      [1, 3, 3],
    ] as const) {
      for (const make of Object.values(oddValues)) {
        const thrown = make()
        const fail = (ms: number, value: unknown) => async (): Promise<never> => {
          if (ms > 0) await sleep(ms)
          throw value
        }
        const works = [
          fail(first, thrown),
          fail(second, new Error("second")),
          fail(third, new Error("third")),
        ]
        const seen = await playFault(async () => {
          try {
            return await ways[name]?.(works)
          } finally {
            await cancelScope(() => sleep(10), { shield: true })
          }
        })
        expect(seen.errors.length + seen.values.length).toBeGreaterThan(0)
        const isFirst = throwsFirst.has(name) && first < second && first < third
        expect(hasSeen(seen, thrown) || !isFirst).toBe(true)
      }
    }
  })
})

describe("a clean-up that never ends", () => {
  const blocks: Readonly<Record<string, (body: () => Promise<void>) => unknown>> = {
    timeout: (body) => timeout(1, body).catch(() => {}),
    moveOnAfter: (body) => moveOnAfter(1, body),
    waitFor: (body) => waitFor(body, 1).catch(() => {}),
    taskGroup: (body) =>
      taskGroup(async (group) => {
        group.createTask(body)
        await sleep(1)
        group.cancel()
      }),
    race: (body) => race([body, () => sleep(1)]),
    task: async (body) => {
      const task = createTask(body)
      await sleep(1)
      task.cancel()
      await wait([task])
    },
  }
  it.each(Object.keys(blocks))("%s: it is told again when patience is over, and named", async (name) => {
    for (const ends of [
      () => new Future<void>().join(),
      () => sleep(Infinity),
      () => new Queue<void>().get(),
    ]) {
      const problems = await sound(async () => {
        await blocks[name]?.(async () => {
          try {
            await sleep(1000)
          } finally {
            await ends()
          }
        })
      })
      expect(problems.map(({ message }) => message).join()).toContain("is still alive")
    }
  })
})

describe("iterators and generators", () => {
  it("a map that is dropped, and not closed, ends with the run", async () => {
    for (let taken = 1; taken <= 4; taken += 1) {
      await sound(async () => {
        const results = map([1, 2, 3, 4, 5, 6, 7, 8], (n) => sleep(1, n), { concurrency: 2 })
        for (let i = 0; i < taken; i += 1) await results.next()
      })
    }
  })

  it("a source without return(), or one that never answers it, is left all the same", async () => {
    for (const end of [undefined, () => sleep(Infinity)]) {
      await playFault(async () => {
        const source = {
          [Symbol.asyncIterator]: () => ({
            next: async () => ({ done: false as const, value: await sleep(1, 1) }),
            ...(end === undefined ? {} : { return: end as never }),
          }),
        }
        await moveOnAfter(20, async () => {
          for await (const value of map(source, (n) => n, { concurrency: 2 })) if (value === 1) break
        })
        await moveOnAfter(20, () => collect.array(source))
      })
    }
  })

  it("a generator that yields in its finally is refused, or goes on to its end", async () => {
    let ends = 0
    const stubborn = async function* (): AsyncGenerator<number, void, void> {
      try {
        yield 1
      } finally {
        await sleep(1)
        yield 2
        ends += 1
      }
    }
    await sound(async () => {
      await expect(resource(stubborn).use(() => 1)).rejects.toThrow("a second yield")
      await expect(resource(stubborn).use(() => Promise.reject(new Error("E")))).rejects.toThrow()
      for await (const n of stubborn()) if (n === 1) break
      for await (const n of map(stubborn(), (n) => n, { concurrency: 1 })) if (n === 1) break
      const steps = coroutine(function* () {
        try {
          yield sleep(1000)
        } finally {
          yield sleep(1)
          ends += 1
        }
      })
      expect(await moveOnAfter(1, () => steps())).toEqual({ timedOut: true })
      const step = dual({ sync: () => 1, async: () => sleep(1, 1) })
      const twice = dual(function* () {
        try {
          return yield* step()
        } finally {
          yield* step()
          ends += 1
        }
      })
      expect(await twice.async()).toBe(1)
    })
    expect(ends).toBe(2)
  })
})

describe("handlers and orders that throw", () => {
  it("an exception handler that throws is written to stderr with what it was told", async () => {
    const original = process.stderr.write
    let text = ""
    process.stderr.write = (chunk: string) => {
      text += chunk
      return true
    }
    try {
      for (const make of Object.values(oddValues)) {
        const thrown = make()
        await sound(async () => {
          getRunningLoop().setExceptionHandler(() => {
            throw thrown
          })
          getRunningLoop().callSoon(() => {
            throw new Error("from the callback")
          })
          await sleep(1)
          getRunningLoop().setExceptionHandler(null)
        })
      }
    } finally {
      process.stderr.write = original
    }
    const count = Object.keys(oddValues).length
    expect(text.match(/The problem handler itself threw/g)).toHaveLength(count)
    expect(text.match(/from the callback/g)?.length).toBeGreaterThanOrEqual(count)
  })

  it("an order that throws refuses one item, and loses none", async () => {
    for (let failing = 1; failing <= 25; failing += 1) {
      const failure = new Error("no order")
      const seen = await playFault(async () => {
        let calls = 0
        const queue = new PriorityQueue<number>(0, (a, b) => {
          if ((calls += 1) === failing) throw failure
          return a - b
        })
        const got: number[] = []
        const put: number[] = []
        let failures = 0
        for (const item of [5, 3, 8, 1, 9, 2, 7, 4, 6]) {
          try {
            await queue.put(item)
            put.push(item)
          } catch (error) {
            if (error !== failure) throw error
            failures += 1
          }
        }
        expect(queue.statistics()).toMatchObject({ size: put.length, unfinished: put.length })
        while (!queue.empty()) got.push(await queue.get())
        expect(got.toSorted((a, b) => a - b)).toEqual(put.toSorted((a, b) => a - b))
        expect(failures).toBeLessThanOrEqual(1)
      })
      // Where it is too late to refuse the item, the run is told.
      expect(
        seen.errors.filter((error) => error !== failure),
        `call ${failing}`,
      ).toEqual([])
    }
  })
})

describe("what a play itself can see", () => {
  it("an error that reaches nobody would be noticed", async () => {
    const error = new Error("E")
    expect(hasSeen(await playFault(() => Promise.reject(error)), error)).toBe(true)
    expect(hasSeen(await playFault(() => sleep(1)), error)).toBe(false)
    expect(await noise(async () => void process.emit("rejectionHandled", error as never))).toEqual([error])
    injected.count -= 2
  })
})
