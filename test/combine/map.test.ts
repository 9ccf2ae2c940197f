// A function over many items: bound, order, back-pressure, errors, leaving early, cancelling.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import {
  CancelledError,
  TimeoutError,
  allTasks,
  createTask,
  joinOnly,
  map,
  moveOnAfter,
  run,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

const double = async (n: number): Promise<number> => n * 2

/** Everything that `results` gives. */
async function all<R>(results: AsyncIterable<R>): Promise<R[]> {
  const found: R[] = []
  for await (const result of results) found.push(result)
  return found
}

/** What a loop over `results` throws, and what it got before. */
async function failure<R>(results: AsyncIterable<R>): Promise<{ got: R[]; error: unknown }> {
  const got: R[] = []
  try {
    for await (const result of results) got.push(result)
  } catch (error) {
    return { got, error }
  }
  throw new Error("Expected the loop to fail")
}

/** 0, 1, 2, … with a note of how far it was read and whether it was closed. */
function counter(end = Infinity): Iterable<number> & { read: number; closed: number } {
  const source = {
    read: 0,
    closed: 0,
    *[Symbol.iterator]() {
      try {
        while (source.read < end) yield source.read++
      } finally {
        source.closed += 1
      }
    },
  }
  return source
}

describe("map()", () => {
  it("calls that never wait keep nobody else from running, however many there are (T3)", async () => {
    await run(async () => {
      const items = Array.from({ length: 20_000 }, (_, index) => index)
      let begun = 0
      let turns = 0
      const other = createTask(async () => {
        for (; begun < items.length; turns += 1) await sleep(0)
      })
      const compute = (index: number): number => {
        begun += 1
        const end = performance.now() + 0.01
        while (performance.now() < end);
        return index
      }
      expect(await all(map(items, compute, { concurrency: items.length }))).toEqual(items)
      await other
      expect(turns).toBeGreaterThan(2)
    })
  })

  it("gives the results in the order of the items, not of finishing", () =>
    runVirtual(async () => {
      const results = map([30, 10, 20], (ms) => sleep(ms, ms), { concurrency: 3 })
      expect(await all(results)).toEqual([30, 10, 20])
      expect(now()).toBe(30)
    }))

  it("gives them in the order of finishing if asked to", () =>
    runVirtual(async () => {
      const results = map([30, 10, 20], (ms) => sleep(ms, ms), { concurrency: 3, ordered: false })
      expect(await all(results)).toEqual([10, 20, 30])
    }))

  it("takes synchronous functions, and gives the index", () =>
    runVirtual(async () => {
      expect(await all(map(["a", "b"], (item, index) => item + index, { concurrency: 2 }))).toEqual([
        "a0",
        "b1",
      ])
    }))

  it("reads every kind of iterable, synchronous or not", () =>
    runVirtual(async () => {
      async function* later(): AsyncGenerator<number> {
        for (const n of [1, 2, 3]) yield sleep(5, n)
      }
      expect(await all(map(new Set([1, 2]), double, { concurrency: 2 }))).toEqual([2, 4])
      expect(await all(map(counter(3), double, { concurrency: 2 }))).toEqual([0, 2, 4])
      expect(await all(map(later(), double, { concurrency: 2 }))).toEqual([2, 4, 6])
      const inner = map([1, 2, 3], double, { concurrency: 2 })
      expect(await all(map(inner, double, { concurrency: 2 }))).toEqual([4, 8, 12])
      expect(await all(map([], double, { concurrency: 2 }))).toEqual([])
    }))

  it("never runs more than the bound, and as many if it can", () =>
    runVirtual(async () => {
      for (const ordered of [true, false]) {
        let inside = 0
        let most = 0
        const work = async (n: number): Promise<void> => {
          inside += 1
          most = Math.max(most, inside)
          await sleep(1 + (n % 5))
          inside -= 1
        }
        await all(map(counter(100), work, { concurrency: 7, ordered }))
        expect(most).toBe(7)
      }
    }))

  it("starts all at once with Infinity, and gives everything", () =>
    runVirtual(async () => {
      const results = await all(map(counter(500), (n) => sleep(10, n), { concurrency: Infinity }))
      expect(results).toHaveLength(500)
      expect(now()).toBe(10)
    }))

  it("begins nothing before the first result is asked for", () =>
    runVirtual(async () => {
      const source = counter()
      const results = map(source, double, { concurrency: 2 })
      await sleep(10)
      expect(source.read).toBe(0)
      await results.return?.()
    }))

  it("pulls the source at most twice the bound ahead of what was consumed", () =>
    runVirtual(async () => {
      for (const ordered of [true, false]) {
        const source = counter()
        let consumed = 0
        for await (const _ of map(source, double, { concurrency: 3, ordered })) {
          consumed += 1
          await sleep(10)
          expect(source.read - consumed).toBeLessThanOrEqual(6)
          if (consumed === 50) break
        }
        expect(source.closed).toBe(1)
      }
    }))

  it("one slow item holds its successors back, but not beyond the window", () =>
    runVirtual(async () => {
      const source = counter()
      const results = map(source, (n) => sleep(n === 0 ? 1000 : 1, n), { concurrency: 2 })
      const first = createTask(() => results.next())
      await sleep(500)
      expect(source.read).toBe(4)
      expect((await first).value).toBe(0)
      await results.return?.()
    }))

  it("lets other tasks run while it goes over a long synchronous source", () =>
    run(async () => {
      let others = 0
      const other = createTask(async () => {
        for (;;) {
          others += 1
          await sleep(0)
        }
      })
      let count = 0
      for await (const n of map(counter(20_000), (m) => m, { concurrency: 10 })) count += n >= 0 ? 1 : 0
      other.cancel()
      expect(count).toBe(20_000)
      expect(others).toBeGreaterThan(10)
    }))

  it("works outside a run", async () => {
    expect(await all(map([1, 2, 3], double, { concurrency: 2 }))).toEqual([2, 4, 6])
  })

  it("refuses what it cannot work with", () => {
    expect(() => map([1], double, { concurrency: 0 })).toThrow(
      new RangeError("Expected `concurrency` to be an integer from 1 up, got `0` (number)"),
    )
    expect(() => map([1], double, { concurrency: 1.5 })).toThrow(RangeError)
    expect(() => map([1], double, { concurrency: NaN })).toThrow(RangeError)
    expect(() => map([1], double, { concurrency: "2" as unknown as number })).toThrow(TypeError)
    expect(() => map(5 as unknown as number[], double, { concurrency: 1 })).toThrow(
      new TypeError("Expected `items` to be an iterable or async iterable, got `5` (number)"),
    )
    expect(() => map(null as unknown as number[], double, { concurrency: 1 })).toThrow(TypeError)
    expect(() => map([1], 5 as unknown as typeof double, { concurrency: 1 })).toThrow(TypeError)
  })
})

describe("errors in map()", () => {
  it("what was ready comes first, then the error of the function, and the rest is cancelled", () =>
    runVirtual(async () => {
      const source = counter()
      const mine = new Error("item 3")
      let cancelled = 0
      const results = map(
        source,
        async (n) => {
          if (n < 3) return n
          if (n === 3) {
            await sleep(5)
            throw mine
          }
          await sleep(1000).catch((error: unknown) => {
            cancelled += 1
            throw error
          })
          return n
        },
        { concurrency: 4 },
      )
      expect(await failure(results)).toEqual({ got: [0, 1, 2], error: mine })
      expect(now()).toBe(5)
      expect(cancelled).toBe(3)
      expect(source.closed).toBe(1)
      expect(await results.next()).toEqual({ done: true, value: undefined })
      expect(allTasks().size).toBe(1)
    }))

  it("after a failure no item is begun, although the consumer is slow", () =>
    runVirtual(async () => {
      const begun: number[] = []
      const results = map(
        counter(),
        async (n) => {
          begun.push(n)
          await sleep(1)
          if (n === 3) throw new Error("item 3")
          return n
        },
        { concurrency: 2 },
      )
      await results.next()
      await sleep(100)
      expect(Math.max(...begun)).toBeLessThanOrEqual(4)
      await failure(results)
    }))

  it("an error of the source is thrown, and the source is not closed a second time", () =>
    runVirtual(async () => {
      let closed = 0
      async function* broken(): AsyncGenerator<number> {
        try {
          yield 1
          yield 2
          throw new Error("source")
        } finally {
          closed += 1
        }
      }
      const { got, error } = await failure(map(broken(), double, { concurrency: 1 }))
      expect(got).toEqual([2, 4])
      expect(error).toMatchObject({ message: "source" })
      expect(closed).toBe(1)
    }))

  it("waits for the clean-up of the others before it throws", () =>
    runVirtual(async () => {
      const log: string[] = []
      const results = map(
        ["bad", "good"],
        async (name) => {
          if (name === "bad") {
            await sleep(1)
            throw new Error("bad")
          }
          try {
            await sleep(1000)
          } finally {
            await sleep(20)
            log.push("cleaned")
          }
        },
        { concurrency: 2 },
      )
      await failure(results)
      expect(log).toEqual(["cleaned"])
      expect(now()).toBe(21)
    }))

  it("a call that swallows its cancel does not go on to the next item", () =>
    runVirtual(async () => {
      const begun: number[] = []
      const results = map(
        counter(),
        async (n) => {
          begun.push(n)
          if (n === 1) throw new Error("item 1")
          await sleep(1000).catch(() => {})
          return n
        },
        { concurrency: 2 },
      )
      await failure(results)
      expect(begun).toEqual([0, 1])
    }))

  it("a CancelledError that the function makes itself is thrown, and cancels nobody else", () =>
    runVirtual(async () => {
      const source = counter()
      const mine = new CancelledError("mine")
      const results = map(
        source,
        async (n) => {
          if (n === 2) throw mine
          return n
        },
        { concurrency: 1 },
      )
      expect(await failure(results)).toEqual({ got: [0, 1], error: mine })
      expect(source.closed).toBe(1)
      await sleep(1)
    }))

  it("an error while the source is closed after a failure is reported, and the failure thrown", async () => {
    const problems: unknown[] = []
    await runVirtual(
      async () => {
        async function* source(): AsyncGenerator<number> {
          try {
            for (let n = 0; ; n += 1) yield n
          } finally {
            await Promise.reject(new Error("closing"))
          }
        }
        const { error } = await failure(
          map(
            source(),
            async () => {
              throw new Error("first")
            },
            { concurrency: 1 },
          ),
        )
        expect(error).toMatchObject({ message: "first" })
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toMatchObject([{ error: { message: "closing" } }])
  })
})

describe("leaving map() early", () => {
  it("break cancels the calls that run, waits for them, and closes the source", () =>
    runVirtual(async () => {
      const source = counter()
      const log: string[] = []
      for await (const n of map(
        source,
        async (item) => {
          if (item === 0) return item
          try {
            await sleep(1000)
          } finally {
            await sleep(5)
            log.push(`cleaned ${item}`)
          }
          return item
        },
        { concurrency: 3 },
      )) {
        expect(n).toBe(0)
        expect(await moveOnAfter(10, () => sleep(5))).toEqual({ timedOut: false, value: undefined })
        break
      }
      expect(log.sort()).toEqual(["cleaned 1", "cleaned 2", "cleaned 3"])
      expect(source.closed).toBe(1)
      expect(now()).toBe(10)
      expect(allTasks().size).toBe(1)
      expect(timerCount()).toBe(0)
    }))

  it("break while calls swallow their cancel ends all the same", () =>
    runVirtual(async () => {
      let begun = 0
      for await (const _ of map(
        counter(),
        async (n) => {
          begun += 1
          if (n > 0) await sleep(1000).catch(() => {})
          return n
        },
        { concurrency: 2 },
      )) {
        break
      }
      expect(begun).toBeLessThanOrEqual(3)
    }))

  it("an error in the loop's body closes everything and is thrown", () =>
    runVirtual(async () => {
      const source = counter()
      const mine = new Error("body")
      const loop = async (): Promise<void> => {
        for await (const _ of map(source, double, { concurrency: 3 })) throw mine
      }
      await expect(loop()).rejects.toBe(mine)
      expect(source.closed).toBe(1)
    }))

  it("return() before the first next() begins nothing and closes the source", () =>
    runVirtual(async () => {
      let closed = 0
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false as const, value: 1 }),
          return: async () => {
            closed += 1
            return { done: true as const, value: undefined }
          },
        }),
      }
      const results = map(source, double, { concurrency: 2 })
      expect(await results.return?.()).toEqual({ done: true, value: undefined })
      expect(await results.next()).toEqual({ done: true, value: undefined })
      expect(await results.return?.()).toEqual({ done: true, value: undefined })
      expect(closed).toBe(1)
    }))

  it("return() while a next() waits ends that next()", () =>
    runVirtual(async () => {
      const results = map(counter(), (n) => sleep(1000, n), { concurrency: 2 })
      const asking = createTask(() => results.next())
      await sleep(10)
      await results.return?.()
      expect(await asking).toEqual({ done: true, value: undefined })
      expect(now()).toBe(10)
    }))

  it("`await using` closes what is not read to its end", () =>
    runVirtual(async () => {
      const source = counter()
      {
        await using results = map(source, double, { concurrency: 2 })
        expect((await results.next()).value).toBe(0)
      }
      expect(source.closed).toBe(1)
      expect(allTasks().size).toBe(1)
    }))

  it("an async generator's finally runs, wherever it stands", () =>
    runVirtual(async () => {
      for (const readAhead of [0, 1, 2]) {
        const log: string[] = []
        async function* source(): AsyncGenerator<number> {
          try {
            for (let n = 0; ; n += 1) {
              yield n
              if (n === readAhead) await sleep(1000)
            }
          } finally {
            await sleep(1)
            log.push("closed")
          }
        }
        for await (const _ of map(source(), double, { concurrency: 2 })) break
        expect(log).toEqual(["closed"])
      }
    }))

  it("an error while the source is closed is thrown where nothing else is", () =>
    runVirtual(async () => {
      async function* source(): AsyncGenerator<number> {
        try {
          for (let n = 0; ; n += 1) yield n
        } finally {
          await Promise.reject(new Error("closing"))
        }
      }
      const loop = async (): Promise<void> => {
        for await (const _ of map(source(), double, { concurrency: 1 })) break
      }
      await expect(loop()).rejects.toThrow("closing")
    }))

  it("a map that is never read to its end lives no longer than the task that made it", () =>
    runVirtual(async () => {
      let cleaned = 0
      const task = createTask(async () => {
        const results = map(counter(), (n) => sleep(n === 0 ? 1 : 1000, n).finally(() => (cleaned += 1)), {
          concurrency: 2,
        })
        return (await results.next()).value as number
      })
      expect(await task).toBe(0)
      await sleep(0)
      expect(allTasks().size).toBe(1)
      expect(cleaned).toBe(3)
    }))
})

describe("several that ask a map", () => {
  it("parallel next() calls get one result each, in the order of asking", () =>
    runVirtual(async () => {
      const results = map([30, 10, 20], (ms) => sleep(ms, ms), { concurrency: 3 })
      const asked = await Promise.all([results.next(), results.next(), results.next(), results.next()])
      expect(asked).toEqual([
        { done: false, value: 30 },
        { done: false, value: 10 },
        { done: false, value: 20 },
        { done: true, value: undefined },
      ])
    }))

  it("several consumers share the results: each goes to one, none is lost", () =>
    runVirtual(async () => {
      const results = map(counter(50), (n) => sleep(n % 4, n), { concurrency: 5 })
      const seen: number[] = []
      await taskGroup(async (group) => {
        for (let i = 0; i < 3; i += 1) {
          group.createTask(async () => {
            for await (const result of results) {
              seen.push(result)
              await sleep(i)
            }
          })
        }
      })
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n))
    }))
})

describe("cancelling a map", () => {
  it("cancelling the consumer while it waits cancels the calls, waits for them, and closes the source", () =>
    runVirtual(async () => {
      const source = counter()
      const log: string[] = []
      const task = createTask(() =>
        all(
          map(
            source,
            async (n) => {
              try {
                await sleep(1000)
              } finally {
                await sleep(5)
                log.push(`cleaned ${n}`)
              }
            },
            { concurrency: 2 },
          ),
        ),
      )
      await sleep(10)
      task.cancel("stop")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
      expect(log.sort()).toEqual(["cleaned 0", "cleaned 1"])
      expect(source.closed).toBe(1)
      expect(now()).toBe(15)
    }))

  it("a second cancel during the clean-up reaches the calls, and the loop still waits for them", () =>
    runVirtual(async () => {
      const source = counter()
      const log: string[] = []
      const task = createTask(() =>
        all(
          map(
            source,
            async () => {
              try {
                await sleep(1000)
              } finally {
                await sleep(50).catch(() => log.push("interrupted"))
                await sleep(5)
                log.push("cleaned")
              }
            },
            { concurrency: 1 },
          ),
        ),
      )
      await sleep(10)
      task.cancel("first")
      await sleep(10)
      task.cancel("second")
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      expect(log).toEqual(["interrupted", "cleaned"])
      expect(source.closed).toBe(1)
      expect(now()).toBe(25)
    }))

  it("cancelling the consumer in its own body does the same", () =>
    runVirtual(async () => {
      const source = counter()
      const task = createTask(async () => {
        for await (const _ of map(source, (n) => sleep(1, n), { concurrency: 3 })) await sleep(1000)
      })
      await sleep(10)
      task.cancel("stop")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
      expect(source.closed).toBe(1)
      expect(now()).toBe(10)
    }))

  it("a consumer cancelled while in a foreign await finds out at the next result, once", async () => {
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    // The calls have ended by then, or have not.
    for (const turns of [0, 5]) {
      let release: (() => void) | null = null
      const closed: string[] = []
      await runVirtual(async () => {
        const task = createTask(async () => {
          const results = map(counter(), (n) => sleep(n === 0 ? 0 : 1000, n), { concurrency: 2 })
          try {
            for await (const _ of results) await new Promise<void>((resolve) => (release = resolve))
          } finally {
            await sleep(5)
            closed.push("cleaned")
          }
        })
        while (release === null) await turn()
        task.cancel("stop")
        for (let i = 0; i < turns; i += 1) await turn()
        release()
        await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
      })
      expect(closed).toEqual(["cleaned"])
    }
  })

  it("a time limit around the loop ends everything", () =>
    runVirtual(async () => {
      const source = counter()
      await expect(
        timeout(10, () => all(map(source, () => sleep(1000), { concurrency: 5 }))),
      ).rejects.toBeInstanceOf(TimeoutError)
      expect(source.closed).toBe(1)
      expect(allTasks().size).toBe(1)
    }))

  it("a time limit around each next() that holds leaves the map alive", () =>
    runVirtual(async () => {
      const results = map(counter(5), (n) => sleep(10, n), { concurrency: 2 })
      const got: number[] = []
      for (;;) {
        const step = await timeout(50, () => results.next())
        if (step.done === true) break
        got.push(step.value)
      }
      expect(got).toEqual([0, 1, 2, 3, 4])
    }))

  it("a time limit that ends a next() ends the map, as it would a generator", () =>
    runVirtual(async () => {
      const source = counter()
      const results = map(source, (n) => sleep(100, n), { concurrency: 2 })
      expect(await moveOnAfter(10, () => results.next())).toEqual({ timedOut: true })
      expect(source.closed).toBe(1)
      expect(await results.next()).toEqual({ done: true, value: undefined })
    }))

  it("an endless source is left in the middle without a trace", () =>
    runVirtual(async () => {
      async function* endless(): AsyncGenerator<number> {
        for (let n = 0; ; n += 1) yield sleep(1, n)
      }
      const result = await moveOnAfter(100, () => all(map(endless(), double, { concurrency: 4 })))
      expect(result).toEqual({ timedOut: true })
      expect(timerCount()).toBe(0)
      expect(allTasks().size).toBe(1)
    }))

  it("JSX-03: a signal ends it with its reason, and no listener stays behind", () =>
    runVirtual(async () => {
      const source = counter()
      const controller = new AbortController()
      const { signal } = controller
      const reason = new Error("aborted")
      const task = createTask(() => failure(map(source, (n) => sleep(4, n), { concurrency: 2, signal })))
      await sleep(10)
      expect(getEventListeners(signal, "abort")).toHaveLength(1)
      controller.abort(reason)
      expect((await task).error).toBe(reason)
      expect(source.closed).toBe(1)
      expect(getEventListeners(signal, "abort")).toHaveLength(0)

      const lasting = new AbortController().signal
      await all(map([1, 2], double, { concurrency: 1, signal: lasting }))
      for await (const _ of map(counter(), double, { concurrency: 1, signal: lasting })) break
      expect(getEventListeners(lasting, "abort")).toHaveLength(0)
    }))

  it("a limit counts from the first result asked for, ends the calls and closes the source", () =>
    runVirtual(async () => {
      const source = counter()
      const results = map(source, (n) => sleep(4, n), { concurrency: 1, timeout: 10 })
      await sleep(100)
      const seen: number[] = []
      const over = async (): Promise<void> => {
        for await (const n of results) seen.push(n)
      }
      await expect(over()).rejects.toThrow(new TimeoutError("Timed out after 10 ms in a map"))
      expect([seen, source.closed]).toEqual([[0, 1], 1])
      expect(await results.next()).toEqual({ done: true, value: undefined })
      expect(await all(map([1, 2], double, { concurrency: 1, timeout: 10 }))).toEqual([2, 4])
    }))

  it("refuses a limit that is none, where it is made", () => {
    expect(() => map([], double, { concurrency: 1, timeout: NaN })).toThrow(RangeError)
    expect(() => map([], double, { concurrency: 1, timeout: "1" as never })).toThrow(
      "Expected `timeout` to be milliseconds, got `1` (string)",
    )
  })

  it("a signal that has aborted already begins nothing and closes the source", () =>
    runVirtual(async () => {
      const reason = new Error("aborted")
      const source = counter()
      const { got, error } = await failure(
        map(source, double, { concurrency: 2, signal: AbortSignal.abort(reason) }),
      )
      expect([got, error, source.read]).toEqual([[], reason, 0])
    }))

  it("a source that sits in a foreign await when the loop is left gives its item to nobody", async () => {
    const begun: number[] = []
    await runVirtual(async () => {
      let give: () => void = () => {}
      const source = {
        async *[Symbol.asyncIterator](): AsyncGenerator<number> {
          yield 0
          await new Promise<void>((resolve) => (give = resolve))
          yield 1
        },
      }
      const results = map(source, (n) => begun.push(n), { concurrency: 2 })
      await results.next()
      setImmediate(() => give())
      await results.return?.()
    })
    expect(begun).toEqual([0])
  })
})

describe("a call that throws null", () => {
  it("ends the map like any failure", () =>
    runVirtual(async () => {
      const results = map([1, 2], () => Promise.reject(null), { concurrency: 1 })
      const end = await moveOnAfter(10, () => results.next().catch((error: unknown) => ({ error })))
      expect(end).toEqual({ timedOut: false, value: { error: null } })
    }))
})

describe("a map that is left because of a failure", () => {
  it("C3: a request that its source got while it was closed comes again at the next wait", () =>
    runVirtual(async () => {
      const source = {
        async *[Symbol.asyncIterator](): AsyncGenerator<number> {
          try {
            for (;;) yield 1
          } finally {
            await sleep(100)
          }
        },
      }
      const broken = new Error("broken")
      const task = createTask(async () => {
        const { error } = await failure(map(source, () => Promise.reject(broken), { concurrency: 1 }))
        expect([error, now()]).toEqual([broken, 10])
        await sleep(1000)
      })
      await sleep(10)
      task.cancel("enough")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
      expect(now()).toBe(10)
    }))

  it("works for whoever asks, when the block in which it was made is over", () =>
    runVirtual(async () => {
      const { results } = await taskGroup(() => ({ results: map([1, 2, 3], double, { concurrency: 2 }) }))
      expect(await all(results)).toEqual([2, 4, 6])
    }))
})
