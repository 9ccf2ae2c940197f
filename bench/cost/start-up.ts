// What do a task, a thread and a process cost to start and to keep?
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { Worker } from "node:worker_threads"
import { Event, createTask, run, sleep } from "tsyncio"
import type { CostQuestion } from "../question.js"

/** kB of memory this process holds. */
function resident(): number {
  globalThis.gc?.()
  return process.memoryUsage.rss() / 1000
}

/** Microseconds each start took. */
function each(start: number, count: number): number {
  return ((performance.now() - start) * 1000) / count
}

export const startUp: CostQuestion = {
  kind: "cost",
  name: "start-up",
  what: "started one after the other, until each has run its first line, then all kept waiting: microseconds and kB of memory each (100,000 tasks, 20 workers, 10 processes of Node)",
  parts: [
    { name: "start-up-time", unit: "µs" },
    { name: "start-up-memory", unit: "kB" },
  ],
  rounds: 3,
  programs: {
    task: () =>
      run(async () => {
        const count = 100_000
        const end = new Event()
        const before = resident()
        const start = performance.now()
        const tasks = Array.from({ length: count }, () =>
          createTask(async () => {
            await end.wait()
          }),
        )
        await sleep(0)
        const time = each(start, count)
        const memory = (resident() - before) / count
        end.set()
        await Promise.all(tasks)
        return [time, memory]
      }),
    "worker thread": async () => {
      const count = 20
      const source = `require("node:worker_threads").parentPort.postMessage(0); setInterval(() => {}, 1000)`
      const before = resident()
      const start = performance.now()
      const workers: Worker[] = []
      for (let i = 0; i < count; i += 1) {
        const worker = new Worker(source, { eval: true })
        workers.push(worker)
        await once(worker, "message")
      }
      const time = each(start, count)
      const memory = (resident() - before) / count
      await Promise.all(workers.map((worker) => worker.terminate()))
      return [time, memory]
    },
    "child process": async () => {
      const count = 10
      const source = `console.log(process.memoryUsage.rss()); setInterval(() => {}, 1000)`
      const start = performance.now()
      const children: ChildProcess[] = []
      let memory = 0
      for (let i = 0; i < count; i += 1) {
        const child = spawn(process.execPath, ["--eval", source], { stdio: ["ignore", "pipe", "inherit"] })
        children.push(child)
        const [text] = (await once(child.stdout, "data")) as [Buffer]
        memory += Number(text.toString()) / 1000 / count
      }
      const time = each(start, count)
      for (const child of children) {
        child.kill()
        await once(child, "exit")
      }
      return [time, memory]
    },
  },
}
