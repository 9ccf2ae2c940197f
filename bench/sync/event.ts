// What does a signal to very many cost?
import { Event, sleep, taskGroup } from "tsyncio"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 10_000

export const event: RateQuestion = {
  kind: "rate",
  name: "event",
  what: "10,000 tasks wait for one event, it is set, all go on and are counted (by hand: they await one promise)",
  count,
  asyncio: "event",
  async tsyncio() {
    const start = new Event()
    let woken = 0
    await taskGroup(async (group) => {
      for (let i = 0; i < count; i += 1) {
        group.createTask(async () => {
          await start.wait()
          woken += 1
        })
      }
      await sleep(0)
      start.set()
    })
    expectResult(woken, count)
  },
  async bare() {
    let set = (): void => {}
    const start = new Promise<void>((resolve) => (set = resolve))
    let woken = 0
    const work = async (): Promise<void> => {
      await start
      woken += 1
    }
    const works = Array.from({ length: count }, work)
    await Promise.resolve()
    set()
    await Promise.all(works)
    expectResult(woken, count)
  },
  peers: {
    effect: ({ Effect, Fiber, Latch }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const start = Latch.makeUnsafe()
          let woken = 0
          const fibers = []
          for (let i = 0; i < count; i += 1) {
            const work = Effect.gen(function* () {
              yield* start.await
              woken += 1
            })
            fibers.push(yield* Effect.forkChild(work))
          }
          yield* Effect.yieldNow
          yield* start.open
          for (const fiber of fibers) yield* Fiber.join(fiber)
          expectResult(woken, count)
        }),
      ),
    effection: ({ run, spawn, sleep: wait, withResolvers }) =>
      run(function* () {
        const start = withResolvers<void>()
        let woken = 0
        const tasks = []
        for (let i = 0; i < count; i += 1) {
          tasks.push(
            yield* spawn(function* () {
              yield* start.operation
              woken += 1
            }),
          )
        }
        yield* wait(0)
        start.resolve()
        for (const task of tasks) yield* task
        expectResult(woken, count)
      }),
  },
}
