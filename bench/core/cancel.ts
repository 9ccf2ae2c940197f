// What does it cost to cancel a task that sleeps?
import { createTask, isCancelled, joinOnly, sleep } from "tsyncio"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 100_000
const long = 1_000_000

export const cancel: RateQuestion = {
  kind: "rate",
  name: "cancel",
  what: "100,000 tasks go to sleep, each is cancelled by itself and awaited, ends counted (by hand: clear the timer, reject)",
  count,
  asyncio: "cancel",
  async tsyncio() {
    const tasks = Array.from({ length: count }, () => createTask(() => sleep(long)))
    await sleep(0)
    for (const task of tasks) task.cancel()
    let cancelled = 0
    for (const task of tasks) {
      try {
        await joinOnly(task)
      } catch (error) {
        cancelled += isCancelled(error) ? 1 : 0
      }
    }
    expectResult(cancelled, count)
  },
  async bare() {
    const reason = new Error("cancelled")
    const cancels: (() => void)[] = []
    const work = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, long)
        cancels.push(() => {
          clearTimeout(timer)
          reject(reason)
        })
      })
    const works = Array.from({ length: count }, async () => work())
    await Promise.resolve()
    const ends = Promise.allSettled(works)
    for (const end of cancels) end()
    let cancelled = 0
    for (const end of await ends) cancelled += end.status === "rejected" ? 1 : 0
    expectResult(cancelled, count)
  },
  peers: {
    effect: ({ Effect, Fiber }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const work = Effect.sleep(long)
          const fibers = []
          for (let i = 0; i < count; i += 1) fibers.push(yield* Effect.forkChild(work))
          yield* Effect.yieldNow
          yield* Fiber.interruptAll(fibers)
          expectResult(fibers.length, count)
        }),
      ),
  },
}
