// Tasks wait together, but they compute one after the other; threads compute at the same time, and tasks wait for them.
import { createTask, gather, run, sleep } from "tsyncio"
import { ThreadExecutor, portable } from "tsyncio/executor"

export const countEven = portable(import.meta, "countEven", (limit: number) => {
  let seen = 0
  for (let n = 0; n < limit; n += 1) seen += n % 2 === 0 ? 1 : 0
  return seen
})

await run(async () => {
  // A thousand tasks that wait take as long as one.
  const start = performance.now()
  await gather(Array.from({ length: 1000 }, () => () => sleep(50)))
  console.log("1,000 waits of 50 ms:", performance.now() - start < 1000 ? "together" : "one after the other")

  // While threads compute, the tasks of this one go on.
  await using executor = new ThreadExecutor({ maxWorkers: 2, grace: 50 })
  let ticks = 0
  const ticker = createTask(async () => {
    for (;;) {
      await sleep(1)
      ticks += 1
    }
  })
  const counts = await gather([1, 2].map(() => executor.submit(countEven, 30_000_000)))
  console.log("counted:", counts[0], "- the ticker", ticks > 0 ? "ticked" : "stood still")
  ticker.cancel()

  // A cancelled job that does not look up takes its thread with it, and no other.
  const late = executor.submit(countEven, Infinity)
  await sleep(1)
  late.cancel("nobody wants to know any more")
  await late.join().catch((error: unknown) => console.log(String(error)))
})

// prints:
// 1,000 waits of 50 ms: together
// counted: 15000000 - the ticker ticked
// CancelledError: Cancelled: nobody wants to know any more
