// Tasks wait together, but they compute one after the other; threads compute at the same time, and tasks wait for them.
import { availableParallelism } from "node:os"
import { Worker } from "node:worker_threads"
import { Future, createTask, gather, run, sleep } from "tsyncio"

/** Counts to a number, and gives how many numbers it has seen. */
const counting = "let seen = 0; for (let n = 0; n < 30_000_000; n += 1) seen += n % 2 === 0 ? 1 : 0"

/** Counts in a thread of its own; a cancel ends the thread in the middle of the work. */
async function countInThread(): Promise<number> {
  const source = `const { parentPort } = require("node:worker_threads"); ${counting}; parentPort.postMessage(seen)`
  const worker = new Worker(source, { eval: true })
  const answer = new Future<number>()
  worker.once("message", (seen: number) => answer.setResult(seen))
  worker.once("error", (error) => answer.setException(error))
  try {
    return await answer
  } finally {
    await worker.terminate()
  }
}

await run(async () => {
  // A thousand tasks that wait take as long as one.
  const start = performance.now()
  await gather(Array.from({ length: 1000 }, () => () => sleep(50)))
  console.log("1,000 waits of 50 ms:", performance.now() - start < 1000 ? "together" : "one after the other")

  // While a thread computes, the tasks of this one go on.
  let ticks = 0
  const ticker = createTask(async () => {
    for (;;) {
      await sleep(1)
      ticks += 1
    }
  })
  const threads = Math.min(2, availableParallelism())
  const counts = await gather(Array.from({ length: threads }, () => () => countInThread()))
  console.log("counted:", counts[0], "- the ticker", ticks > 0 ? "ticked" : "stood still")
  ticker.cancel()

  // A cancelled task takes its thread with it.
  const late = createTask(countInThread)
  await sleep(1)
  late.cancel("nobody wants to know any more")
  await late.join().catch((error: unknown) => console.log(String(error)))
})

// prints:
// 1,000 waits of 50 ms: together
// counted: 15000000 - the ticker ticked
// CancelledError: Cancelled: nobody wants to know any more
