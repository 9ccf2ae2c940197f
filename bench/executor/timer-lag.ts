// How late are timers of the program while all cores compute?
import { createTask, gather, run, sleep } from "tsyncio"
import { ThreadExecutor } from "tsyncio/executor"
import type { CostQuestion } from "../question.js"
import { burn } from "./scaling.js"

/** Median and p99 of how late a timer of 2 ms is, while `load` goes on. */
async function lag(load: () => Promise<unknown>): Promise<readonly number[]> {
  const late: number[] = []
  const ticker = createTask(async () => {
    for (;;) {
      const start = performance.now()
      await sleep(2)
      late.push(performance.now() - start - 2)
    }
  })
  await load()
  ticker.cancel()
  late.sort((a, b) => a - b)
  return [late[Math.floor(late.length / 2)] ?? 0, late[Math.floor(late.length * 0.99)] ?? 0]
}

export const timerLag: CostQuestion = {
  kind: "cost",
  name: "timer-lag",
  what: "a timer of 2 ms again and again, while ten computations run in two threads, and while nothing does: milliseconds that it is late",
  parts: [
    { name: "lag-median", unit: "ms" },
    { name: "lag-p99", unit: "ms" },
  ],
  rounds: 5,
  programs: {
    "two threads compute": () =>
      run(async () => {
        const executor = new ThreadExecutor({ maxWorkers: 2 })
        await executor.warmUp(burn)
        const found = await lag(() =>
          gather(Array.from({ length: 10 }, () => async () => executor.submit(burn, 30_000_000))).join(),
        )
        await executor.close()
        return found
      }),
    "nothing computes": () => run(() => lag(() => sleep(1000))),
  },
}
