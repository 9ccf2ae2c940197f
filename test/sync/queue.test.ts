// Items between tasks: order, back-pressure, hand-over, cancelling, joining and shutting down.
//
// One contract for the three queues. They differ in the order of what is in them, which `order` tells;
// a test that cannot hold for one of them skips with the reason.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import {
  CancelledError,
  Future,
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  TimeoutError,
  createTask,
  gather,
  joinOnly,
  run,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { compareItems } from "../../src/sync/compare-items.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

interface Kind {
  readonly name: string
  make<T>(maxSize?: number): Queue<T>
  /** In which order items come out that were put one after the other. */
  order<T>(items: readonly T[]): T[]
}

const kinds: readonly Kind[] = [
  { name: "Queue", make: (maxSize) => new Queue(maxSize), order: (items) => [...items] },
  {
    name: "PriorityQueue",
    make: (maxSize) => new PriorityQueue(maxSize),
    order: (items) => items.toSorted(compareItems),
  },
  {
    name: "LifoQueue",
    make: (maxSize) => new LifoQueue(maxSize),
    order: (items) => items.toReversed(),
  },
]

describe.each(kinds)("$name", ({ name, make, order }) => {
  describe("puts and gets", () => {
    it("QUEUE-01: gives items in its order", () =>
      runVirtual(async () => {
        const queue = make<number>()
        for (const item of [1, 3, 2]) await queue.put(item)
        expect([await queue.get(), await queue.get(), await queue.get()]).toEqual(order([1, 3, 2]))
      }))

    it("QUEUE-03: zero, less and Infinity are no bound; 1.3 holds two", () => {
      for (const maxSize of [0, -1, Infinity]) {
        const queue = make<number>(maxSize)
        for (let i = 0; i < 1000; i += 1) queue.putNowait(i)
        expect(queue.full()).toBe(false)
        expect(queue.maxSize).toBe(maxSize)
      }
      const queue = make<number>(1.3)
      queue.putNowait(1)
      expect(queue.full()).toBe(false)
      queue.putNowait(2)
      expect(queue.full()).toBe(true)
    })

    it("refuses a bound that is no number", () => {
      expect(() => make(NaN)).toThrow(new RangeError("Expected `maxSize` to be a number, got `NaN` (number)"))
      expect(() => make("1" as unknown as number)).toThrow(TypeError)
    })

    it("QUEUE-04: size, maxSize, empty and full tell the state at once", () => {
      const queue = make<string>(2)
      expect([queue.size, queue.empty(), queue.full()]).toEqual([0, true, false])
      queue.putNowait("a")
      expect([queue.size, queue.empty(), queue.full()]).toEqual([1, false, false])
      queue.putNowait("b")
      expect([queue.size, queue.empty(), queue.full()]).toEqual([2, false, true])
      expect(queue.getNowait()).toBe(order(["a", "b"])[0])
      expect(queue.size).toBe(1)
    })

    it("QUEUE-05: the twins that do not wait throw when they would have to", () => {
      const queue = make<number>(1)
      expect(() => queue.getNowait()).toThrow(QueueEmptyError)
      queue.putNowait(1)
      expect(() => queue.putNowait(2)).toThrow(QueueFullError)
    })

    it("QUEUE-06: put and get that need not wait let nobody in between", () =>
      runVirtual(async () => {
        const { step, finish } = steps()
        const queue = make<number>(1)
        const other = createTask(async () => step(2))
        await queue.put(1)
        expect(await queue.get()).toBe(1)
        step(1)
        await other
        finish(3)
      }))

    it("QUEUE-07: putters of a full queue go on in order, and their items keep it", () =>
      runVirtual(async () => {
        const queue = make<number>(1)
        await queue.put(-1)
        const log: number[] = []
        const putters = [0, 1, 2, 3].map((n) => createTask(() => queue.put(n).then(() => log.push(n))))
        await sleep(0)
        expect(queue.statistics()).toMatchObject({ size: 1, putters: 4 })
        const taken: number[] = []
        for (let i = 0; i < 5; i += 1) taken.push(await queue.get())
        await gather(putters)
        expect(taken).toEqual([-1, 0, 1, 2, 3])
        expect(log).toEqual([0, 1, 2, 3])
      }))

    it("QUEUE-08: getters are served in order of arrival", () =>
      runVirtual(async () => {
        const queue = make<string>()
        const getters = ["a", "b", "c"].map((name) => createTask(async () => name + (await queue.get())))
        await sleep(0)
        expect(queue.statistics()).toMatchObject({ size: 0, getters: 3 })
        for (const item of ["1", "2", "3"]) queue.putNowait(item)
        expect(queue.statistics()).toMatchObject({ size: 0, getters: 0, unfinished: 3 })
        const [first, second, third] = order(["1", "2", "3"])
        expect(await gather(getters)).toEqual([`a${first}`, `b${second}`, `c${third}`])
      }))

    it("QUEUE-09: a putter goes on in the turn after there is room", () =>
      runVirtual(async () => {
        const queue = make<number>(2)
        queue.putNowait(0)
        queue.putNowait(1)
        const putter = createTask(() => queue.put(2))
        await sleep(0)
        expect(queue.getNowait()).toBe(order([0, 1])[0])
        expect(queue.size).toBe(2)
        await sleep(0)
        expect(putter.done()).toBe(true)
      }))

    it("QUEUE-10: what was handed to a getter cannot be taken away by getNowait (not as asyncio: items are handed over)", () =>
      runVirtual(async () => {
        const queue = make<string>()
        const getter = createTask(() => queue.get())
        await sleep(0)
        queue.putNowait("first")
        expect(queue.size).toBe(0)
        expect(() => queue.getNowait()).toThrow(QueueEmptyError)
        expect(await getter).toBe("first")
      }))

    it("a newcomer does not take the place that went to a putter in line", () =>
      runVirtual(async () => {
        const queue = make<string>(1)
        queue.putNowait("a")
        const putter = createTask(() => queue.put("b"))
        await sleep(0)
        expect(queue.getNowait()).toBe("a")
        expect(() => queue.putNowait("c")).toThrow(QueueFullError)
        await putter
        expect(queue.getNowait()).toBe("b")
      }))

    it("QUEUE-11: a getter that is cancelled leaves the line", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const first = createTask(() => queue.get())
        const second = createTask(() => queue.get())
        await sleep(0)
        first.cancel()
        expect(queue.statistics().getters).toBe(1)
        queue.putNowait(1)
        expect(await second).toBe(1)
        await expect(joinOnly(first)).rejects.toBeInstanceOf(CancelledError)
      }))

    it("QUEUE-12: a getter cancelled in the turn it was served loses no item", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const getter = createTask(() => queue.get())
        await sleep(0)
        queue.putNowait(1)
        getter.cancel()
        expect(queue.statistics()).toMatchObject({ size: 1, getters: 0, unfinished: 1 })
        await expect(joinOnly(getter)).rejects.toBeInstanceOf(CancelledError)
        expect(await queue.get()).toBe(1)
      }))

    it("QUEUE-13: with three getters, two items and the first cancelled in that turn, the others get both", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const getters = [1, 2, 3].map(() => createTask(() => queue.get()))
        await sleep(0)
        queue.putNowait(1)
        queue.putNowait(2)
        getters[0]?.cancel()
        const results = await gather(getters, { returnExceptions: true })
        expect(results[0]).toBeInstanceOf(CancelledError)
        expect(new Set([results[1], results[2]])).toEqual(new Set([1, 2]))
        expect(queue.size).toBe(0)
      }))

    it("items that come back from several cancelled getters keep their order", () =>
      runVirtual(async () => {
        for (const places of [
          [0, 1, 2],
          [2, 1, 0],
          [1, 2, 0],
        ]) {
          const queue = make<number>()
          const getters = [0, 1, 2].map(() => createTask(() => queue.get()))
          await sleep(0)
          for (const item of [0, 1, 2, 3]) queue.putNowait(item)
          for (const place of places) getters[place]?.cancel()
          expect(queue.size).toBe(4)
          const taken = [queue.getNowait(), queue.getNowait(), await queue.get(), queue.getNowait()]
          expect(taken).toEqual(order([0, 1, 2, 3]))
          await gather(getters, { returnExceptions: true })
        }
      }))

    it("a putter that is cancelled while it waits has put nothing", () =>
      runVirtual(async () => {
        const queue = make<string>(1)
        queue.putNowait("a")
        const putters = ["b", "c"].map((item) => createTask(() => queue.put(item)))
        await sleep(0)
        putters[0]?.cancel()
        expect(queue.statistics()).toMatchObject({ putters: 1, unfinished: 1 })
        expect(await queue.get()).toBe("a")
        expect(await queue.get()).toBe("c")
        await gather(putters, { returnExceptions: true })
        expect(queue.statistics()).toMatchObject({ size: 0, unfinished: 2 })
      }))

    it("a putter cancelled in the turn it was served has put nothing, and the next one gets its place", () =>
      runVirtual(async () => {
        const queue = make<string>(1)
        queue.putNowait("a")
        const putters = ["b", "c"].map((item) => createTask(() => queue.put(item)))
        await sleep(0)
        expect(queue.getNowait()).toBe("a")
        putters[0]?.cancel()
        expect(queue.statistics()).toMatchObject({ size: 1, putters: 0, unfinished: 2 })
        await expect(joinOnly(putters[0] as (typeof putters)[number])).rejects.toBeInstanceOf(CancelledError)
        await putters[1]
        expect(queue.getNowait()).toBe("c")
      }))

    it("a put whose item went on already stands, and the request comes at the next wait", () =>
      runVirtual(async () => {
        const queue = make<string>(1)
        queue.putNowait("a")
        const log: string[] = []
        const putter = createTask(async () => {
          await queue.put("b")
          log.push("put")
          await sleep(1)
          log.push("not reached")
        })
        await sleep(0)
        expect([queue.getNowait(), queue.getNowait()]).toEqual(["a", "b"])
        putter.cancel()
        await expect(joinOnly(putter)).rejects.toBeInstanceOf(CancelledError)
        expect(log).toEqual(["put"])
      }))

    it("QUEUE-16: a producer of five and a consumer of five finish over one place", () =>
      runVirtual(async () => {
        const queue = make<number>(1)
        const taken: number[] = []
        await taskGroup(async (group) => {
          group.createTask(async () => {
            for (let i = 0; i < 5; i += 1) await queue.put(i)
          })
          group.createTask(async () => {
            for (let i = 0; i < 5; i += 1) taken.push(await queue.get())
          })
        })
        expect(taken.toSorted(compareItems)).toEqual([0, 1, 2, 3, 4])
      }))

    it("QUEUE-16: several putters finish against a getter that drains", () =>
      runVirtual(async () => {
        const queue = make<number>(2)
        const taken: number[] = []
        await taskGroup(async (group) => {
          for (let i = 0; i < 20; i += 1) group.createTask(() => queue.put(i))
          group.createTask(async () => {
            for (let i = 0; i < 20; i += 1) {
              taken.push(await queue.get())
              await sleep(1)
            }
          })
        })
        expect(taken.toSorted(compareItems)).toEqual(Array.from({ length: 20 }, (_, i) => i))
      }))

    it("QUEUE-17: a get that times out leaves nobody in line", () =>
      runVirtual(async () => {
        const queue = make<number>()
        await expect(timeout(10, () => queue.get())).rejects.toBeInstanceOf(TimeoutError)
        expect(queue.statistics().getters).toBe(0)
        queue.putNowait(1)
        expect(queue.getNowait()).toBe(1)
      }))

    it("undefined, null and NaN are items like any other", ({ skip }) => {
      skip(name === "PriorityQueue", "they have no order")
      return runVirtual(async () => {
        const queue = make<unknown>()
        for (const item of [undefined, null, NaN]) await queue.put(item)
        expect([await queue.get(), queue.getNowait(), await queue.get()]).toEqual(
          order([undefined, null, NaN]),
        )
      })
    })

    it("a cancelled putter of NaN or of an equal item takes one of them along, no other", ({ skip }) => {
      skip(name === "PriorityQueue", "NaN has no order")
      return runVirtual(async () => {
        const queue = make<number>(1)
        queue.putNowait(0)
        const putter = createTask(() => queue.put(NaN))
        await sleep(0)
        queue.getNowait()
        putter.cancel()
        expect(queue.statistics()).toMatchObject({ size: 0, unfinished: 1 })
        await expect(joinOnly(putter)).rejects.toBeInstanceOf(CancelledError)
      })
    })

    it("refuses what would melt into its value: tasks, futures, promises", () =>
      runVirtual(async () => {
        const queue = make<unknown>()
        const future = new Future<number>()
        for (const item of [future, Promise.resolve(1)]) {
          await expect(queue.put(item)).rejects.toThrow(TypeError)
          expect(() => queue.putNowait(item)).toThrow("it would melt into its value")
        }
        expect(queue.size).toBe(0)
      }))

    it("tells its state", () =>
      runVirtual(async () => {
        const queue = make<number>(3)
        queue.putNowait(1)
        expect(String(queue)).toBe(`<${name} size=1 maxSize=3 getters=0 putters=0 unfinished=1>`)
        queue.shutdown()
        expect(String(queue)).toBe(`<${name} size=1 maxSize=3 getters=0 putters=0 unfinished=1 shut down>`)
      }))

    it("works outside a run", async () => {
      const queue = make<number>()
      setTimeout(() => queue.putNowait(7), 1)
      expect(await queue.get()).toBe(7)
    })

    it("a loop that never has to wait keeps nobody else from running (T3)", async () => {
      let others = 0
      await run(async () => {
        const queue = make<number>()
        const other = createTask(async () => {
          for (;;) {
            others += 1
            await sleep(1)
          }
        })
        const end = performance.now() + 5000
        let count = 0
        while (others < 3 && performance.now() < end) {
          await queue.put(count)
          expect(await queue.get()).toBe(count)
          queue.taskDone()
          count += 1
        }
        other.cancel()
        expect(queue.statistics()).toMatchObject({ size: 0, unfinished: 0 })
      })
      expect(others).toBe(3)
    })

    it("cancelling loops that never have to wait loses nothing (T3)", async () => {
      await run(async () => {
        const queue = make<number>()
        let given = 0
        const seen = new Set<number>()
        const producer = createTask(async () => {
          for (;;) {
            await queue.put(given)
            given += 1
          }
        })
        await sleep(15)
        producer.cancel()
        await joinOnly(producer).catch(() => {})
        expect(queue.size).toBe(given)
        const consumer = createTask(async () => {
          for (;;) {
            const item = await queue.get()
            expect(seen.has(item)).toBe(false)
            seen.add(item)
          }
        })
        await sleep(5)
        consumer.cancel()
        await joinOnly(consumer).catch(() => {})
        expect(queue.size).toBe(given - seen.size)
        while (!queue.empty()) seen.add(queue.getNowait())
        expect(seen.size).toBe(given)
      })
    })
  })

  describe("with a signal or a limit", () => {
    it("rejects when the signal has aborted already, and moves nothing", () =>
      runVirtual(async () => {
        const reason = new Error("gone")
        const options = { signal: AbortSignal.abort(reason) }
        for (const queue of [make<number>(2), make<number>(1)]) {
          queue.putNowait(1)
          await expect(queue.put(2, options)).rejects.toBe(reason)
          await expect(queue.get(options)).rejects.toBe(reason)
          await expect(queue.join(options)).rejects.toBe(reason)
          expect(queue.statistics()).toMatchObject({ size: 1, getters: 0, putters: 0, unfinished: 1 })
        }
        await expect(make().get(options)).rejects.toBe(reason)
      }))

    it("leaves the line when the signal aborts meanwhile", () =>
      runVirtual(async () => {
        const queue = make<number>(1)
        const full = make<number>(1)
        full.putNowait(1)
        const controller = new AbortController()
        const { signal } = controller
        const tasks = [
          () => queue.get({ signal }),
          () => full.put(2, { signal }),
          () => full.join({ signal }),
        ].map((fn) => createTask<unknown>(fn))
        await sleep(0)
        controller.abort("reason")
        for (const task of tasks) await expect(joinOnly(task)).rejects.toBe("reason")
        expect(queue.statistics().getters).toBe(0)
        expect(full.statistics()).toMatchObject({ size: 1, putters: 0, joiners: 0 })
        expect(getEventListeners(signal, "abort")).toHaveLength(0)
      }))

    it("keeps the item when the signal aborts in the turn it was served", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const controller = new AbortController()
        const { signal } = controller
        const getter = createTask(() => queue.get({ signal }))
        await sleep(0)
        queue.putNowait(1)
        controller.abort()
        expect(await getter).toBe(1)
        expect(getEventListeners(signal, "abort")).toHaveLength(0)
      }))

    it("throws a TimeoutError after its limit and leaves no timer", () =>
      runVirtual(async () => {
        const queue = make<number>(1)
        await expect(queue.get({ timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
        queue.putNowait(1)
        await expect(queue.put(2, { timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
        await expect(queue.join({ timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
        expect(now()).toBe(30)
        expect(queue.statistics()).toMatchObject({ size: 1, getters: 0, putters: 0, joiners: 0 })
        expect(await queue.get({ timeout: 10 })).toBe(1)
        expect(timerCount()).toBe(0)
      }))
  })

  describe("taskDone() and join()", () => {
    it("QUEUE-21: taskDone() more often than items were put is an error", () => {
      const queue = make<number>()
      expect(() => queue.taskDone()).toThrow(RangeError)
      queue.putNowait(1)
      queue.taskDone()
      expect(() => queue.taskDone()).toThrow("every item that was put is done already")
    })

    it("QUEUE-23: all joiners go on, in order of arrival", () =>
      runVirtual(async () => {
        const queue = make<number>()
        queue.putNowait(1)
        queue.putNowait(2)
        const log: number[] = []
        const joiners = [0, 1, 2].map((n) => createTask(() => queue.join().then(() => log.push(n))))
        await sleep(0)
        expect(queue.statistics()).toMatchObject({ joiners: 3, unfinished: 2 })
        queue.taskDone()
        await sleep(0)
        expect(log).toEqual([])
        queue.taskDone()
        await gather(joiners)
        expect(log).toEqual([0, 1, 2])
        expect(queue.statistics()).toMatchObject({ joiners: 0, unfinished: 0 })
      }))

    it("join() of a queue with nothing to do lets nobody in between", () =>
      runVirtual(async () => {
        const { step, finish } = steps()
        const other = createTask(async () => step(2))
        await make().join()
        step(1)
        await other
        finish(3)
      }))

    it("a joiner that is cancelled leaves the others waiting", () =>
      runVirtual(async () => {
        const queue = make<number>()
        queue.putNowait(1)
        const joiners = [0, 1].map(() => createTask(() => queue.join()))
        await sleep(0)
        joiners[0]?.cancel()
        expect(queue.statistics().joiners).toBe(1)
        queue.taskDone()
        expect(await gather(joiners, { returnExceptions: true })).toEqual([
          expect.any(CancelledError),
          undefined,
        ])
      }))

    it("join() goes on although something was put in the same turn, as in asyncio", () =>
      runVirtual(async () => {
        const queue = make<number>()
        queue.putNowait(1)
        const joiner = createTask(() => queue.join())
        await sleep(0)
        queue.taskDone()
        queue.putNowait(2)
        await joiner
        expect(queue.statistics().unfinished).toBe(1)
      }))

    it("counts an item that is on its way to a getter, and one that comes back", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const getter = createTask(() => queue.get())
        await sleep(0)
        queue.putNowait(1)
        expect(queue.statistics().unfinished).toBe(1)
        getter.cancel()
        expect(queue.statistics().unfinished).toBe(1)
        await joinOnly(getter).catch(() => {})
        await queue.get()
        queue.taskDone()
        await queue.join()
      }))
  })

  describe("shutdown()", () => {
    it("QUEUE-24: ends all getters of an empty queue within one turn", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const getters = [0, 1, 2].map(() => createTask(() => queue.get()))
        await sleep(0)
        queue.shutdown()
        await sleep(0)
        expect(getters.map((task) => task.exception())).toEqual([
          expect.any(QueueShutDownError),
          expect.any(QueueShutDownError),
          expect.any(QueueShutDownError),
        ])
      }))

    it("QUEUE-25: ends all putters, and their items were not put", () =>
      runVirtual(async () => {
        const queue = make<number>(1)
        queue.putNowait(1)
        const putters = [2, 3].map((item) => createTask(() => queue.put(item)))
        await sleep(0)
        queue.shutdown()
        for (const putter of putters) await expect(putter).rejects.toBeInstanceOf(QueueShutDownError)
        expect(queue.statistics()).toMatchObject({ size: 1, unfinished: 1 })
        expect(queue.getNowait()).toBe(1)
        expect(() => queue.getNowait()).toThrow(QueueShutDownError)
      }))

    it("QUEUE-26: what is in it can still be taken, then comes the error", () =>
      runVirtual(async () => {
        const queue = make<number>()
        queue.putNowait(1)
        queue.putNowait(2)
        queue.shutdown()
        expect([await queue.get(), queue.getNowait()]).toEqual(order([1, 2]))
        await expect(queue.get()).rejects.toThrow("Cannot get from queue: it was shut down and is empty")
        expect(() => queue.getNowait()).toThrow(QueueShutDownError)
      }))

    it("QUEUE-27: nothing can be put, be it full or empty", () =>
      runVirtual(async () => {
        for (const items of [[], [1]]) {
          const queue = make<number>(1)
          for (const item of items) queue.putNowait(item)
          queue.shutdown()
          expect(() => queue.putNowait(2)).toThrow(QueueShutDownError)
          await expect(queue.put(2)).rejects.toBeInstanceOf(QueueShutDownError)
        }
      }))

    it("QUEUE-29: immediate drops what is in it and counts it as done", () =>
      runVirtual(async () => {
        const queue = make<number>()
        queue.putNowait(1)
        const joiner = createTask(() => queue.join())
        await sleep(0)
        queue.shutdown({ immediate: true })
        expect(queue.size).toBe(0)
        await joiner
        await expect(queue.get()).rejects.toBeInstanceOf(QueueShutDownError)
        expect(() => queue.taskDone()).toThrow(RangeError)
      }))

    it("QUEUE-30: after immediate, join still waits for what was taken", () =>
      runVirtual(async () => {
        const queue = make<number>()
        queue.putNowait(1)
        queue.putNowait(2)
        await queue.get()
        queue.shutdown({ immediate: true })
        const joiner = createTask(() => queue.join())
        await sleep(0)
        expect(joiner.done()).toBe(false)
        queue.taskDone()
        await joiner
        expect(() => queue.taskDone()).toThrow(RangeError)
      }))

    it("QUEUE-31: an empty queue that is shut down can be joined at once", () =>
      runVirtual(async () => {
        const queue = make<number>()
        queue.shutdown()
        await queue.join()
      }))

    it("QUEUE-32: a getter that was served before shutdown() keeps its item", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const getters = [0, 1].map(() => createTask(() => queue.get()))
        await sleep(0)
        queue.putNowait(1)
        queue.shutdown()
        expect(await getters[0]).toBe(1)
        await expect(getters[1]).rejects.toBeInstanceOf(QueueShutDownError)
      }))

    it("QUEUE-32: with immediate it gets the error, and the item counts as done at once", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const getter = createTask(() => queue.get())
        await sleep(0)
        queue.putNowait(1)
        queue.shutdown({ immediate: true })
        expect(queue.statistics()).toMatchObject({ size: 0, unfinished: 0 })
        await queue.join()
        await expect(getter).rejects.toBeInstanceOf(QueueShutDownError)
        expect(() => queue.taskDone()).toThrow(RangeError)
      }))

    it("QUEUE-33: shutdown() and then immediate drains it; calling again is harmless", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const getter = createTask(() => queue.get())
        await sleep(0)
        for (const item of [1, 2, 3]) queue.putNowait(item)
        queue.shutdown()
        queue.shutdown()
        expect(queue.size).toBe(2)
        queue.shutdown({ immediate: true })
        queue.shutdown({ immediate: true })
        queue.shutdown()
        expect(queue.statistics()).toMatchObject({ size: 0, unfinished: 0 })
        await expect(getter).rejects.toBeInstanceOf(QueueShutDownError)
        await queue.join()
      }))

    it("a getter cancelled after an immediate shutdown brings nothing back", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const getter = createTask(() => queue.get())
        await sleep(0)
        queue.putNowait(1)
        queue.shutdown({ immediate: true })
        getter.cancel()
        expect(queue.statistics()).toMatchObject({ size: 0, unfinished: 0 })
        await expect(joinOnly(getter)).rejects.toBeInstanceOf(CancelledError)
      }))

    it("a putter served before an immediate shutdown has put its item, which was dropped", () =>
      runVirtual(async () => {
        const queue = make<number>(1)
        queue.putNowait(1)
        const putter = createTask(() => queue.put(2))
        await sleep(0)
        queue.getNowait()
        queue.shutdown({ immediate: true })
        await putter
        expect(queue.statistics()).toMatchObject({ size: 0, unfinished: 1 })
      }))

    it("the last item of a queue that was shut down is not lost with the getter that had it", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const getter = createTask(() => queue.get())
        await sleep(0)
        queue.putNowait(1)
        queue.shutdown()
        getter.cancel()
        await joinOnly(getter).catch(() => {})
        expect(await queue.get()).toBe(1)
        await expect(queue.get()).rejects.toBeInstanceOf(QueueShutDownError)
      }))
  })

  describe("for await over a queue", () => {
    it("gives items until it is shut down and empty, to several consumers", () =>
      runVirtual(async () => {
        const queue = make<number>(2)
        const taken: number[] = []
        await taskGroup(async (group) => {
          for (let i = 0; i < 3; i += 1) {
            group.createTask(async () => {
              for await (const item of queue) {
                taken.push(item)
                await sleep(1)
              }
            })
          }
          for (let i = 0; i < 10; i += 1) await queue.put(i)
          queue.shutdown()
        })
        expect(taken.toSorted(compareItems)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      }))

    it("an early break takes nothing it did not give", () =>
      runVirtual(async () => {
        const queue = make<number>()
        for (const item of [1, 2, 3]) queue.putNowait(item)
        for await (const item of queue) if (item === 2) break
        expect(queue.getNowait()).toBe(order([1, 2, 3])[2])
      }))

    it("a cancel while it waits ends the loop with the CancelledError and leaves nobody in line", () =>
      runVirtual(async () => {
        const queue = make<number>()
        const task = createTask(async () => {
          for await (const item of queue) void item
        })
        await sleep(0)
        task.cancel("stop")
        await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
        expect(queue.statistics().getters).toBe(0)
      }))
  })

  it("a joiner that is cancelled in the turn in which everything is done is cancelled, the others are not", () =>
    runVirtual(async () => {
      const queue = make<number>()
      await queue.put(1)
      const joiners = [0, 1].map((id) => createTask(() => queue.join().then(() => id)))
      await sleep(0)
      await queue.get()
      queue.taskDone()
      joiners[0]?.cancel("too late")
      await expect(joinOnly(joiners[0] as (typeof joiners)[number])).rejects.toMatchObject({
        reason: "too late",
      })
      expect(await joiners[1]).toBe(1)
    }))
})
