// A limit on a wait or on a block: the work inside is really stopped, and has cleaned up before the error arrives.
import {
  Queue,
  createTask,
  moveOnAfter,
  rethrowCancelled,
  run,
  shield,
  sleep,
  timeout,
  timeoutAt,
  waitFor,
} from "tsyncio"

await run(async () => {
  const download = async (): Promise<string> => {
    try {
      return await sleep(60_000, "data")
    } finally {
      await sleep(20)
      console.log("download: connection closed")
    }
  }
  const show = (error: Error): void => console.log(`${error.name}: ${error.message}`)

  await timeout(50, download).catch(show)

  const result = await moveOnAfter(50, download)
  console.log(result.timedOut ? "gave up" : result.value)

  // One wait: the queue's getter is taken back, so that the next item is not swallowed.
  const queue = new Queue<string>()
  await waitFor(() => queue.get(), 50).catch(show)
  queue.putNowait("kept")
  console.log(await waitFor(() => queue.get(), 50))

  // Stop waiting without stopping the work.
  const report = createTask(() => sleep(100, "report is written"))
  await waitFor(shield(report), 50).catch(show)
  console.log(await report)

  const nested = timeout(30, () => timeout(10_000, () => sleep(60_000)))
  await nested.catch((error: Error) => console.log(`outer limit: ${error.message}`))

  // A limit at a time of the clock, and one that is moved.
  await timeout(1000, async (scope) => {
    const deadline = scope.when() ?? 0
    await timeoutAt(deadline - 950, () => sleep(60_000)).catch((error) => {
      rethrowCancelled(error)
      console.log("enough for a first try")
    })
    scope.reschedule(deadline - 800)
    await sleep(60_000)
  }).catch((error: Error) => console.log(`${error.name} at the limit that was moved`))
})

// prints:
// download: connection closed
// TimeoutError: Timed out after 50 ms
// download: connection closed
// gave up
// TimeoutError: Timed out after 50 ms
// kept
// TimeoutError: Timed out after 50 ms
// report is written
// outer limit: Timed out after 30 ms
// enough for a first try
// TimeoutError at the limit that was moved
