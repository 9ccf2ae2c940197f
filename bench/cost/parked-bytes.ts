// What does a parked task weigh?
import { Event, createTask, run, sleep } from "tsyncio"
import type { CostQuestion } from "../question.js"

const count = 20_000

function heap(): number {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

export const parkedBytes: CostQuestion = {
  kind: "cost",
  name: "parked-bytes",
  what: "bytes of heap of each of 20,000 tasks that wait for one event (by hand: async functions that await one promise; Python: memory of the process)",
  parts: [{ name: "parked-bytes", unit: "bytes" }],
  onEachNode: true,
  rounds: 3,
  asyncio: "parked_bytes",
  programs: {
    tsyncio: () =>
      run(async () => {
        const start = new Event()
        const work = async (): Promise<void> => {
          await start.wait()
        }
        const before = heap()
        const tasks = Array.from({ length: count }, () => createTask(work))
        await sleep(10)
        const bytes = (heap() - before) / count
        start.set()
        await Promise.all(tasks)
        return [bytes]
      }),
    "bare promises": async () => {
      let set = (): void => {}
      const start = new Promise<void>((resolve) => (set = resolve))
      const work = async (): Promise<void> => {
        await start
      }
      const before = heap()
      const works = Array.from({ length: count }, work)
      const bytes = (heap() - before) / count
      set()
      await Promise.all(works)
      return [bytes]
    },
  },
  peers: {
    effect: ({ Effect, Fiber, Latch }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const start = Latch.makeUnsafe()
          const work = Effect.gen(function* () {
            yield* start.await
          })
          const before = heap()
          const fibers = []
          for (let i = 0; i < count; i += 1) fibers.push(yield* Effect.forkChild(work))
          yield* Effect.sleep(10)
          const bytes = (heap() - before) / count
          yield* start.open
          for (const fiber of fibers) yield* Fiber.join(fiber)
          return [bytes]
        }),
      ),
    effection: ({ run: start, spawn, sleep: wait, withResolvers }) =>
      start(function* () {
        const opened = withResolvers<void>()
        const before = heap()
        const tasks = []
        for (let i = 0; i < count; i += 1) {
          tasks.push(
            yield* spawn(function* () {
              yield* opened.operation
            }),
          )
        }
        yield* wait(10)
        const bytes = (heap() - before) / count
        opened.resolve()
        for (const task of tasks) yield* task
        return [bytes]
      }),
  },
}
