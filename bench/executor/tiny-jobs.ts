// How many jobs that do nothing go through two threads in a second?
import { Worker } from "node:worker_threads"
import { gather } from "tsyncio"
import { ThreadExecutor, inline } from "tsyncio/executor"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"
import { closePools, echoFile, poolOf } from "./peer-pools.js"

const count = 100_000
const workers = 2
const items = Array.from({ length: count }, (_, index) => index)
const echo = inline((n: number) => n)

let executor: ThreadExecutor | null = null
let threads: Worker[] = []

function check(values: readonly unknown[]): void {
  expectResult(values.length, count)
  expectResult(values[count - 1], count - 1)
}

/** A message for each job and one for each answer, by hand. */
async function byHand(): Promise<void> {
  const values: number[] = []
  await new Promise<void>((resolve) => {
    let left = count
    for (const thread of threads) {
      thread.removeAllListeners("message")
      thread.on("message", ([index, value]: [number, number]) => {
        values[index] = value
        left -= 1
        if (left === 0) resolve()
      })
    }
    for (const item of items) threads[item % workers]?.postMessage([item, item])
  })
  check(values)
}

export const tinyJobs: RateQuestion = {
  kind: "rate",
  name: "tiny-jobs",
  what: "100,000 jobs that give their number back, submitted at once to two threads that run already (by hand: a message each way, no errors, no cancel)",
  count,
  bareName: "postMessage",
  async prepare() {
    executor = new ThreadExecutor({ maxWorkers: workers })
    await executor.warmUp(echo)
    const source = `const { parentPort } = require("node:worker_threads"); parentPort.on("message", (job) => parentPort.postMessage(job))`
    threads = Array.from({ length: workers }, () => new Worker(source, { eval: true }))
    return {
      async close() {
        await executor?.close()
        await Promise.all(threads.map((thread) => thread.terminate()))
        await closePools()
      },
    }
  },
  async tsyncio() {
    check(await gather(items.map((item) => (executor as ThreadExecutor).submit(echo, item))))
  },
  bare: byHand,
  peers: {
    async piscina({ Piscina }) {
      const pool = poolOf(
        "piscina",
        () => new Piscina({ filename: echoFile, minThreads: workers, maxThreads: workers }),
      )
      check(await Promise.all(items.map((item) => pool.run(item))))
    },
    async tinypool({ default: Tinypool }) {
      const pool = poolOf(
        "tinypool",
        () => new Tinypool({ filename: echoFile, minThreads: workers, maxThreads: workers }),
      )
      check(await Promise.all(items.map((item) => pool.run(item))))
    },
  },
}
