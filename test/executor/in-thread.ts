// A thread that runs a piece of source against the built package, as a program of its own would.
import { Worker } from "node:worker_threads"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { repository } from "../house/source-tree.ts"

const door = pathToFileURL(join(repository, "dist", "executor", "index.js")).href

/** A worker thread, and what it came to. */
export interface Thread<T> {
  readonly worker: Worker
  /** What the source returns; undefined if the thread was ended before. */
  readonly result: Promise<T | undefined>
}

/**
 * Runs the body of an async function in a thread.
 *
 * It sees everything of `tsyncio/executor` as `tsyncio`, `data`, and `parentPort`.
 */
export function inThread<T>(body: string, data: Record<string, unknown>): Thread<T> {
  const source = `
    const { parentPort, workerData: data } = require("node:worker_threads")
    import(${JSON.stringify(door)}).then(async (tsyncio) => { ${body} }).then((result) => parentPort.postMessage({ result }))`
  const worker = new Worker(source, { eval: true, workerData: data })
  const result = new Promise<T | undefined>((resolve, reject) => {
    let found: T | undefined
    worker.on("message", (message: { result?: T }) => {
      if ("result" in message) found = message.result
    })
    worker.once("error", reject)
    worker.once("exit", () => resolve(found))
  })
  return { worker, result }
}

/** Waits until `isSo`, which another thread makes true. */
export async function until(isSo: () => boolean): Promise<void> {
  const start = performance.now()
  while (!isSo()) {
    if (performance.now() - start > 10_000) throw new Error("it did not come")
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
