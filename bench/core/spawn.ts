// What does a task cost from birth to result?
import { createTask } from "tsyncio"
import { giveOne } from "../peers/effection-module.js"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 10_000
const one = async (): Promise<number> => 1

export const spawn: RateQuestion = {
  kind: "rate",
  name: "spawn",
  what: "create a task of a function that gives 1 and await it, 10,000 times in a row, results added up (by hand: call and await)",
  count,
  asyncio: "spawn",
  async tsyncio() {
    let total = 0
    for (let i = 0; i < count; i += 1) total += await createTask(one)
    expectResult(total, count)
  },
  async bare() {
    let total = 0
    for (let i = 0; i < count; i += 1) total += await one()
    expectResult(total, count)
  },
  peers: {
    effect: ({ Effect, Fiber }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const work = Effect.sync(() => 1)
          let total = 0
          for (let i = 0; i < count; i += 1) total += yield* Fiber.join(yield* Effect.forkChild(work))
          expectResult(total, count)
        }),
      ),
    effection: ({ run, spawn: start }) =>
      run(function* () {
        let total = 0
        for (let i = 0; i < count; i += 1) {
          const task = yield* start(giveOne)
          total += yield* task
        }
        expectResult(total, count)
      }),
  },
}
