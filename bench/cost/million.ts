// Can a million tasks sleep at once, how long does that take, and how much memory?
import { run, sleep, taskGroup } from "tsyncio"
import type { CostQuestion } from "../question.js"
import { expectResult } from "../question.js"
import { now } from "../stopwatch.js"

const count = 1_000_000
const long = 1_000_000

/** Seconds since `start`, and the most memory this process has had, in MB. */
function spent(start: number): [number, number] {
  return [(now() - start) / 1000, process.resourceUsage().maxRSS / 1024]
}

export const million: CostQuestion = {
  kind: "cost",
  name: "million",
  what: "1,000,000 tasks are started, all asleep at once, all cancelled, all ended: seconds, and most memory of the process (by hand: timers and promises)",
  parts: [
    { name: "million-time", unit: "s" },
    { name: "million-memory", unit: "MB" },
  ],
  rounds: 1,
  asyncio: "million",
  programs: {
    tsyncio: () =>
      run(async () => {
        const start = now()
        let asleep = 0
        await taskGroup(async (group) => {
          const work = (): Promise<void> => {
            asleep += 1
            return sleep(long)
          }
          for (let i = 0; i < count; i += 1) group.createTask(work)
          while (asleep < count) await sleep(0)
          group.cancel()
        })
        expectResult(asleep, count)
        return spent(start)
      }),
    "bare promises": async () => {
      const start = now()
      const reason = new Error("cancelled")
      const cancels: (() => void)[] = []
      const work = async (): Promise<void> =>
        new Promise((resolve, reject) => {
          const timer = setTimeout(resolve, long)
          cancels.push(() => {
            clearTimeout(timer)
            reject(reason)
          })
        })
      const ends = Promise.allSettled(Array.from({ length: count }, work))
      expectResult(cancels.length, count)
      for (const cancel of cancels) cancel()
      await ends
      return spent(start)
    },
  },
  peers: {
    effect: ({ Effect, Fiber }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const start = now()
          let asleep = 0
          const work = Effect.gen(function* () {
            asleep += 1
            yield* Effect.sleep(long)
          })
          const fibers = []
          for (let i = 0; i < count; i += 1) fibers.push(yield* Effect.forkChild(work))
          while (asleep < count) yield* Effect.yieldNow
          yield* Fiber.interruptAll(fibers)
          return spent(start)
        }),
      ),
  },
}
