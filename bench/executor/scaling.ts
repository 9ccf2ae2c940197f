// How much faster are four computations on two cores than on one?
import { gather, run } from "tsyncio"
import { ProcessExecutor, ThreadExecutor, portable } from "tsyncio/executor"
import type { CostQuestion } from "../question.js"

/** Computes for some tenths of a second. */
export const burn: (rounds: number) => number = portable(import.meta, "burn", (rounds: number) => {
  let sum = 0
  for (let n = 0; n < rounds; n += 1) sum += Math.sqrt(n) % 3
  return sum
})

const rounds = 40_000_000

type Pool = {
  warmUp(fn: typeof burn): Promise<void>
  submit(fn: typeof burn, n: number): PromiseLike<number>
  close(): Promise<void>
}

function milliseconds(make: () => Pool): () => Promise<readonly number[]> {
  return () =>
    run(async () => {
      const executor = make()
      await executor.warmUp(burn)
      await executor.submit(burn, rounds)
      const start = performance.now()
      await gather([1, 2, 3, 4].map(() => async () => executor.submit(burn, rounds)))
      const time = performance.now() - start
      await executor.close()
      return [time]
    })
}

export const scaling: CostQuestion = {
  kind: "cost",
  name: "scaling",
  what: "four equal computations, submitted at once to workers that run already: milliseconds until the last has ended; two workers should take 1 / 1.8 of the time of one",
  parts: [{ name: "four-computations", unit: "ms" }],
  rounds: 5,
  programs: {
    "1 thread": milliseconds(() => new ThreadExecutor({ maxWorkers: 1 })),
    "2 threads": milliseconds(() => new ThreadExecutor({ maxWorkers: 2 })),
    "1 process": milliseconds(() => new ProcessExecutor({ maxWorkers: 1 })),
    "2 processes": milliseconds(() => new ProcessExecutor({ maxWorkers: 2 })),
  },
}
