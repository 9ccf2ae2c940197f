// What does a time limit cost, when it does not run out and when it does?
import { TimeoutError, sleep, taskGroup, timeout } from "tsyncio"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 10_000
const long = 1_000_000
const one = async (): Promise<number> => 1

export const timeoutUnfired: RateQuestion = {
  kind: "rate",
  name: "timeout-unfired",
  what: "10,000 blocks, one after the other, with a limit that does not run out, results added up (by hand: setTimeout and clearTimeout around the await)",
  count,
  asyncio: "timeout_unfired",
  async tsyncio() {
    let total = 0
    for (let i = 0; i < count; i += 1) total += await timeout(long, one)
    expectResult(total, count)
  },
  async bare() {
    let total = 0
    for (let i = 0; i < count; i += 1) {
      const timer = setTimeout(() => {}, long)
      try {
        total += await one()
      } finally {
        clearTimeout(timer)
      }
    }
    expectResult(total, count)
  },
  peers: {
    effect: ({ Effect }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const limited = Effect.timeout(
            Effect.sync(() => 1),
            long,
          )
          let total = 0
          for (let i = 0; i < count; i += 1) total += yield* limited
          expectResult(total, count)
        }),
      ),
  },
}

export const timeoutFired: RateQuestion = {
  kind: "rate",
  name: "timeout-fired",
  what: "10,000 tasks at once, each with a limit of 1 ms around a long sleep, limits counted (by hand: Promise.race, both timers cleared)",
  count,
  asyncio: "timeout_fired",
  async tsyncio() {
    let fired = 0
    await taskGroup((group) => {
      for (let i = 0; i < count; i += 1) {
        group.createTask(async () => {
          try {
            await timeout(1, () => sleep(long))
          } catch (error) {
            if (!(error instanceof TimeoutError)) throw error
            fired += 1
          }
        })
      }
    })
    expectResult(fired, count)
  },
  async bare() {
    let fired = 0
    const work = async (): Promise<void> => {
      let sleeper, limit: NodeJS.Timeout | undefined
      try {
        await Promise.race([
          new Promise((resolve) => (sleeper = setTimeout(resolve, long))),
          new Promise((_, reject) => (limit = setTimeout(() => reject(new Error("too late")), 1))),
        ])
      } catch {
        fired += 1
      } finally {
        clearTimeout(sleeper)
        clearTimeout(limit)
      }
    }
    await Promise.all(Array.from({ length: count }, work))
    expectResult(fired, count)
  },
  peers: {
    effect: ({ Effect, Fiber }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const limited = Effect.timeoutOption(Effect.sleep(long), 1)
          const fibers = []
          for (let i = 0; i < count; i += 1) fibers.push(yield* Effect.forkChild(limited))
          let fired = 0
          for (const fiber of fibers) fired += (yield* Fiber.join(fiber))._tag === "None" ? 1 : 0
          expectResult(fired, count)
        }),
      ),
  },
}
