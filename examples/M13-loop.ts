// asyncio's loop for those who know their way: callbacks, timers, futures, executors, and the exception handler.
import { Future, Runner, getRunningLoop, rethrowCancelled, run, sleep } from "tsyncio"
import type { Executor } from "tsyncio"

/** The smallest executor there is: on a later turn of this thread. */
const later: Executor = {
  submit(fn, ...args) {
    const future = new Future<never>()
    setImmediate(() => future.setResult(fn(...args) as never))
    return future
  },
}

await run(async () => {
  const loop = getRunningLoop()
  const start = loop.time()
  loop.callLater(20, () => console.log("3: after 20 ms"))
  loop.callAt(start + 10, console.log, "2: at a time of the loop's clock")
  loop.callSoon(console.log, "1: on the next turn")
  const dropped = loop.callLater(15, console.log, "never")
  dropped.cancel()
  await sleep(40)
  console.log("dropped:", dropped.cancelled())

  const future = loop.createFuture<string>()
  loop.callLater(5, (text) => future.setResult(text), "set by a timer")
  console.log(await future)

  console.log(await loop.runInExecutor(later, (a, b) => a * b, 6, 7))
  try {
    await loop.runInExecutor(null, () => 1)
  } catch (error) {
    rethrowCancelled(error)
    console.log((error as Error).message)
  }

  loop.setExceptionHandler((_loop, { message, error }) =>
    console.log(`handler: ${message}: ${String(error)}`),
  )
  loop.callSoon(function tidy() {
    throw new Error("broken callback")
  })
  await sleep(5)

  // Debug mode names the step that held the thread.
  loop.debug = true
  loop.slowCallbackDuration = 150
  loop.setExceptionHandler((_loop, { message }) => console.log(message.replace(/[\d.]+ s$/, "a while")))
  loop.callSoon(function compute() {
    const end = performance.now() + 200
    while (performance.now() < end);
  })
  await sleep(250)
})

// One loop, two main functions.
await using runner = new Runner()
const first = await runner.run(async () => getRunningLoop())
const second = await runner.run(async () => getRunningLoop())
console.log("the same loop:", first === second, "running now:", first.isRunning())

// prints:
// 1: on the next turn
// 2: at a time of the loop's clock
// 3: after 20 ms
// dropped: true
// set by a timer
// 42
// Cannot run in an executor: none is set; import "tsyncio/executor", pass one, or call `loop.setDefaultExecutor` first
// handler: Callback "tidy" threw: Error: broken callback
// Callback "compute" held the thread for a while
// the same loop: true running now: false
