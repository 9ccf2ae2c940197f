// One run at a time in one place, as many as you like side by side, and one in each thread.
import { Worker } from "node:worker_threads"
import { EventLoop, createTask, currentTask, run, sleep, taskGroup } from "tsyncio"

// Inside a run there is one already.
await run(async () => {
  await run(async () => 1).catch((error: Error) => console.log(error.message))
})

// Side by side: what is left of the one is ended without touching the other.
const quick = run(async () => {
  void createTask(() => sleep(60_000))
  return "quick"
})
const slow = run(async () => sleep(30, `slow in ${currentTask()?.name}`))
console.log(await Promise.all([quick, slow]))

// As a facade for those who want to hold the loop.
const loop = new EventLoop()
console.log(await loop.runUntilComplete(() => sleep(5, "runUntilComplete")))
loop.close()

// A thread has a runtime of its own.
const source = `
  import { parentPort, workerData } from "node:worker_threads"
  const { run, sleep } = await import(workerData.entry)
  parentPort.postMessage(await run(() => sleep(5, "from thread " + workerData.number)))
`
const entry = import.meta.resolve("tsyncio")
const ask = (number: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const url = new URL(`data:text/javascript,${encodeURIComponent(source)}`)
    const worker = new Worker(url, { workerData: { entry, number } })
    worker.once("message", resolve).once("error", reject)
  })
const answers = await taskGroup(async (group) => {
  const threads = [1, 2].map((number) => group.createTask(() => ask(number)))
  return [await threads[0], await threads[1]]
})
console.log(answers)

// prints:
// Cannot call `run` inside a run: call `taskGroup`, or await the function itself
// [ 'quick', 'slow in main' ]
// runUntilComplete
// [ 'from thread 1', 'from thread 2' ]
