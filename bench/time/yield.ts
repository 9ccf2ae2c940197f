// What does a turn cost, alone and among many?
import { sleep, taskGroup } from "tsyncio"
import type { RateQuestion } from "../question.js"

/** `tasks` tasks that each let the others go first `turns` times. */
function yieldAmong(tasks: number, turns: number): RateQuestion {
  const isAlone = tasks === 1
  return {
    kind: "rate",
    name: `yield-${tasks}`,
    what: isAlone
      ? `one task does sleep(0) ${turns} times; the event loop is let in each time (by hand: setImmediate)`
      : `${tasks} tasks each do sleep(0) ${turns} times (by hand: await of a settled promise, which lets no timer and no socket in)`,
    count: tasks * turns,
    asyncio: `yield_among_${tasks}`,
    tsyncio: () =>
      taskGroup((group) => {
        for (let i = 0; i < tasks; i += 1) {
          group.createTask(async () => {
            for (let turn = 0; turn < turns; turn += 1) await sleep(0)
          })
        }
      }),
    async bare() {
      const settled = Promise.resolve()
      const work = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn += 1)
          await (isAlone ? new Promise((resolve) => setImmediate(resolve)) : settled)
      }
      await Promise.all(Array.from({ length: tasks }, work))
    },
    peers: {
      effect: ({ Effect, Fiber }) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const fibers = []
            for (let i = 0; i < tasks; i += 1) {
              const work = Effect.gen(function* () {
                for (let turn = 0; turn < turns; turn += 1) yield* Effect.yieldNow
              })
              fibers.push(yield* Effect.forkChild(work))
            }
            for (const fiber of fibers) yield* Fiber.join(fiber)
          }),
        ),
      effection: ({ run, spawn, sleep: wait }) =>
        run(function* () {
          const running = []
          for (let i = 0; i < tasks; i += 1) {
            running.push(
              yield* spawn(function* () {
                for (let turn = 0; turn < turns; turn += 1) yield* wait(0)
              }),
            )
          }
          for (const task of running) yield* task
        }),
    },
  }
}

export const yield1: RateQuestion = yieldAmong(1, 5000)
export const yield100: RateQuestion = yieldAmong(100, 200)
export const yield10000: RateQuestion = yieldAmong(10_000, 5)
