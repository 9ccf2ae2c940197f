// What does one job cost, from the call to its value, while nothing else goes on?
import { run } from "tsyncio"
import { InlineExecutor, ProcessExecutor, ThreadExecutor, inline } from "tsyncio/executor"
import type { CostQuestion } from "../question.js"
import { echoFile } from "./peer-pools.js"

const count = 2000
const echo = inline((n: number) => n)

/** Median and p99 of one call after the other, in microseconds. */
async function times(call: (n: number) => PromiseLike<unknown>): Promise<readonly number[]> {
  for (let n = 0; n < count; n += 1) await call(n)
  const all: number[] = []
  for (let n = 0; n < count; n += 1) {
    const start = performance.now()
    await call(n)
    all.push((performance.now() - start) * 1000)
  }
  all.sort((a, b) => a - b)
  return [all[count / 2] as number, all[Math.floor(count * 0.99)] as number]
}

type Closable = { close(): Promise<void>; submit(fn: typeof echo, n: number): PromiseLike<number> }

function ofOurs(make: () => Closable): () => Promise<readonly number[]> {
  return () =>
    run(async () => {
      const executor = make()
      const found = await times((n) => executor.submit(echo, n))
      await executor.close()
      return found
    })
}

export const jobOverhead: CostQuestion = {
  kind: "cost",
  name: "job-overhead",
  what: "2,000 jobs that do nothing, one after the other, in one worker that runs already: microseconds from the call to the value",
  parts: [
    { name: "job-median", unit: "µs" },
    { name: "job-p99", unit: "µs" },
  ],
  rounds: 5,
  onEachNode: true,
  programs: {
    "tsyncio threads": ofOurs(() => new ThreadExecutor({ maxWorkers: 1 })),
    "tsyncio processes": ofOurs(() => new ProcessExecutor({ maxWorkers: 1 })),
    "tsyncio inline": ofOurs(() => new InlineExecutor({ maxWorkers: 1 })),
  },
  peers: {
    async piscina({ Piscina }) {
      const pool = new Piscina({ filename: echoFile, minThreads: 1, maxThreads: 1 })
      const found = await times((n) => pool.run(n))
      await pool.destroy()
      return found
    },
    async tinypool({ default: Tinypool }) {
      const pool = new Tinypool({ filename: echoFile, minThreads: 1, maxThreads: 1 })
      const found = await times((n) => pool.run(n))
      await pool.destroy()
      return found
    },
    async workerpool({ default: workerpool }) {
      const pool = workerpool.pool(new URL("workerpool-worker.js", import.meta.url).pathname, {
        minWorkers: 1,
        maxWorkers: 1,
        workerType: "thread",
      })
      const found = await times((n) => pool.exec("echo", [n]))
      await pool.terminate()
      return found
    },
  },
}
