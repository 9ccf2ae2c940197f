import { AsyncLocalStorage } from "node:async_hooks"
import { describe, expect, it } from "vitest"
import { Future, createTask, currentTask, run, taskGroup } from "../../src/core/index.ts"
import type { Entry } from "../../src/core/lowlevel.ts"
import { afterPoll, clock, installClock, schedule, stepBegan } from "../../src/core/lowlevel.ts"
import { checkpoint, sleep } from "../../src/time/index.ts"
import { runVirtual, steps } from "../../src/testing/index.ts"
import { microtasks } from "./outcomes.ts"

// Every rule of the queue holds on both clocks.
const clocks = [
  ["on the event loop", (main: () => Promise<void>) => run(main, { handleSignals: false })],
  ["on the virtual clock", (main: () => Promise<void>) => runVirtual(main)],
] as const

const entry = (runEntry: () => void): Entry => ({ runEntry })

describe.each(clocks)("the ready queue %s", (_, runMain) => {
  it("runs entries in the order in which they came", () =>
    runMain(async () => {
      const log: number[] = []
      for (const n of [1, 2, 3]) void createTask(async () => void log.push(n))
      schedule(entry(() => void log.push(4)))
      void createTask(async () => void log.push(5))
      await sleep(0)
      expect(log).toEqual([1, 2, 3, 4, 5])
    }))

  it("lets a step go on until it parks, whatever number of microtasks lies between", () =>
    runMain(async () => {
      const { step, finish } = steps()
      void createTask(async () => {
        step(1)
        await microtasks(50)
        step(2)
        await sleep(0)
        step(5)
      })
      void createTask(async () => {
        step(3)
        await microtasks(50)
        step(4)
        await sleep(0)
        finish(6)
      })
      await sleep(1)
    }))

  it("lets nobody in between where an awaitable is already there", () =>
    runMain(async () => {
      const { step, finish } = steps()
      const there = new Future<number>()
      there.setResult(1)
      const ended = createTask(async () => 2)
      await ended
      void createTask(async () => {
        step(1)
        expect(await there).toBe(1)
        step(2)
        expect(await ended).toBe(2)
        expect(await Promise.all([there, ended])).toEqual([1, 2])
        step(3)
      })
      void createTask(async () => finish(4))
      await sleep(1)
    }))

  it("keeps the order when one more async function lies on the way", () =>
    runMain(async () => {
      const direct = (): Promise<void> => sleep(0)
      const through = async (): Promise<void> => {
        await direct()
      }
      const throughTwo = async (): Promise<void> => {
        await through()
      }
      const log: string[] = []
      const walk = async (name: string, wait: () => Promise<void>): Promise<void> => {
        for (let round = 1; round <= 3; round += 1) {
          await wait()
          log.push(`${name}${round}`)
        }
      }
      await taskGroup((group) => {
        void group.createTask(() => walk("a", throughTwo))
        void group.createTask(() => walk("b", direct))
        void group.createTask(() => walk("c", through))
      })
      expect(log).toEqual(["a1", "b1", "c1", "a2", "b2", "c2", "a3", "b3", "c3"])
    }))

  it("gives way when a step sits in a foreign await and no microtask is left", () =>
    runMain(async () => {
      const { step, finish } = steps()
      let open = (): void => {}
      const foreign = new Promise<void>((resolve) => (open = resolve))
      const first = createTask(async () => {
        step(1)
        await foreign
        finish(4)
      })
      void createTask(async () => {
        step(2)
        await microtasks(20)
        step(3)
        open()
      })
      await first
    }))

  it("gives way only when really no microtask is left", () =>
    runMain(async () => {
      const { step, finish } = steps()
      const first = createTask(async () => {
        step(1)
        // A long chain of promises that are not ours, the last of them by way of nextTick.
        for (let i = 0; i < 200; i += 1) await Promise.resolve(i).then((n) => n + 1)
        step(2)
        await new Promise<void>((resolve) => process.nextTick(resolve))
      })
      void createTask(async () => finish(3))
      await first
    }))

  it("lets a step that a foreign event resumed hold the floor until it parks", () =>
    runMain(async () => {
      const { step, finish } = steps()
      await createTask(async () => {
        await new Promise<void>((resolve) => afterPoll(resolve))
        void createTask(async () => step(3))
        step(1)
        await microtasks(100)
        step(2)
        await sleep(0)
        finish(4)
      })
    }))

  it("goes on at once after a step that parked or ended before its first await", () =>
    runMain(async () => {
      const log: string[] = []
      const later = (text: string): void => void microtasks(5).then(() => log.push(text))
      void createTask(() => {
        later("after parking")
        return sleep(0)
      })
      void createTask(() => later("after the end"))
      const failed = createTask(() => {
        later("after a throw")
        throw new Error("at once")
      })
      void createTask(async () => void log.push("next"))
      await sleep(0)
      await sleep(0)
      expect(log).toEqual(["next", "after parking", "after the end", "after a throw"])
      expect(failed.exception()).toEqual(new Error("at once"))
    }))

  it("runs ten thousand bodies that end at once without growing the stack", () =>
    runMain(async () => {
      let count = 0
      for (let i = 0; i < 10_000; i += 1) void createTask(() => (count += 1))
      await sleep(0)
      await sleep(0)
      expect(count).toBe(10_000)
    }))

  it("T4: sleep(0) goes to the end: what stood before runs first, what that adds runs after", () =>
    runMain(async () => {
      const { step, finish } = steps()
      void createTask(async () => {
        step(1)
        void createTask(async () => finish(4))
      })
      void createTask(async () => step(2))
      await sleep(0)
      step(3)
      await sleep(0)
    }))

  it("T4: a pass that held a sleep(0) lets I/O in, however the tasks feed each other", () =>
    runMain(async () => {
      let isPolled = false
      afterPoll(() => (isPolled = true))
      let turns = 0
      const spin = createTask(async () => {
        for (;;) {
          turns += 1
          await sleep(0)
        }
      })
      while (!isPolled) await sleep(0)
      expect(turns).toBeLessThan(10)
      spin.cancel()
      await sleep(0)
    }))

  it("keeps going after an entry that breaks its promise and throws", async () => {
    const errors: unknown[] = []
    const note = (error: unknown): void => void errors.push(error)
    const before = process.listeners("uncaughtException")
    process.removeAllListeners("uncaughtException")
    process.on("uncaughtException", note)
    try {
      await runMain(async () => {
        schedule(
          entry(() => {
            throw new Error("a bad primitive")
          }),
        )
        const after = createTask(async () => "alive")
        expect(await after).toBe("alive")
        await sleep(0)
        await sleep(0)
      })
    } finally {
      process.off("uncaughtException", note)
      for (const listener of before) process.on("uncaughtException", listener)
    }
    expect(errors).toEqual([new Error("a bad primitive")])
  })

  it("forgets a step whose owner never goes on", () =>
    runMain(async () => {
      schedule(entry(() => stepBegan({})))
      expect(await createTask(async () => "next")).toBe("next")
    }))
})

describe("the ready queue and the event loop", () => {
  it("T4: lets timers and I/O in after 10 ms at the latest, although nobody sleeps", () =>
    run(
      async () => {
        const start = clock.now()
        let firedAt = 0
        setTimeout(() => (firedAt = clock.now()), 1)
        while (firedAt === 0 && clock.now() - start < 2000) {
          const future = new Future<void>()
          void createTask(() => future.setResult())
          await future
        }
        expect(firedAt - start).toBeLessThan(200)
      },
      { handleSignals: false },
    ))

  it("T4: looks at the clock every sixteen turns, so a few slow ones are enough to let I/O in", async () => {
    let time = clock.now()
    const restore = installClock({ ...clock, now: () => time })
    try {
      let turns = 0
      await run(
        async () => {
          let isIn = false
          setImmediate(() => (isIn = true))
          while (!isIn && turns < 1000) {
            const future = new Future<void>()
            void createTask(() => {
              time += 1
              turns += 1
              future.setResult()
            })
            await future
          }
        },
        { handleSignals: false },
      )
      expect(turns).toBeLessThan(30)
    } finally {
      restore()
    }
  })

  it("T4: checkpoint() gives way once the slice of 10 ms is used up, and not before", () =>
    run(
      async () => {
        const log: string[] = []
        void createTask(async () => void log.push("other"))
        await checkpoint()
        log.push("first")
        const start = clock.now()
        while (clock.now() - start < 12);
        await checkpoint()
        log.push("second")
        expect(log).toEqual(["first", "other", "second"])
      },
      { handleSignals: false },
    ))
})

describe("the context of steps", () => {
  it("is the task's own after any await, also when another task resumes it", () =>
    run(
      async () => {
        const box = new Future<string>()
        const a = createTask(
          async () => {
            expect(currentTask()?.name).toBe("a")
            expect(await box).toBe("from b")
            expect(currentTask()?.name).toBe("a")
          },
          { name: "a" },
        )
        void createTask(
          async () => {
            box.setResult("from b")
            expect(currentTask()?.name).toBe("b")
            await sleep(0)
            expect(currentTask()?.name).toBe("b")
          },
          { name: "b" },
        )
        await a
        await sleep(0)
        expect(currentTask()?.name).toBe("main")
      },
      { handleSignals: false },
    ))

  it("carries the stores of other people's AsyncLocalStorage", () =>
    run(
      async () => {
        const storage = new AsyncLocalStorage<string>()
        const task = storage.run("creator", () =>
          createTask(async () => {
            const seen = [storage.getStore()]
            await sleep(1)
            seen.push(storage.getStore())
            return seen
          }),
        )
        expect(await storage.run("awaiter", async () => [...(await task), storage.getStore()])).toEqual([
          "creator",
          "creator",
          "awaiter",
        ])
      },
      { handleSignals: false },
    ))
})
