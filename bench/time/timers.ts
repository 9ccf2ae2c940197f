// What does a timer cost?
import { sleep, taskGroup } from "tsyncio"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 100_000

/** 100,000 tasks spread over ten deadlines, so that no peer gets by with one timer. */
const delay = (index: number): number => 10 + (index % 10)

export const timers: RateQuestion = {
  kind: "rate",
  name: "timers",
  what: "100,000 tasks sleep 10 to 19 ms, ends counted (by hand: a setTimeout promise in an async function each)",
  count,
  asyncio: "timers",
  async tsyncio() {
    let done = 0
    await taskGroup((group) => {
      for (let i = 0; i < count; i += 1) {
        group.createTask(async () => {
          await sleep(delay(i))
          done += 1
        })
      }
    })
    expectResult(done, count)
  },
  async bare() {
    let done = 0
    const work = async (_: unknown, i: number): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, delay(i)))
      done += 1
    }
    await Promise.all(Array.from({ length: count }, work))
    expectResult(done, count)
  },
  peers: {
    effect: ({ Effect, Fiber }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          let done = 0
          const fibers = []
          for (let i = 0; i < count; i += 1) {
            const work = Effect.gen(function* () {
              yield* Effect.sleep(delay(i))
              done += 1
            })
            fibers.push(yield* Effect.forkChild(work))
          }
          for (const fiber of fibers) yield* Fiber.join(fiber)
          expectResult(done, count)
        }),
      ),
  },
}
