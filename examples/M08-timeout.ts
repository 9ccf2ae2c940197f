// A limit on a block: the work inside is really stopped, and has cleaned up before the error arrives.
import { moveOnAfter, run, sleep, timeout } from "tsyncio"

await run(async () => {
  const download = async (): Promise<string> => {
    try {
      return await sleep(60_000, "data")
    } finally {
      await sleep(20)
      console.log("download: connection closed")
    }
  }

  await timeout(50, download).catch((error: Error) => console.log(`${error.name}: ${error.message}`))

  const result = await moveOnAfter(50, download)
  console.log(result.timedOut ? "gave up" : result.value)

  const nested = timeout(30, () => timeout(10_000, () => sleep(60_000)))
  await nested.catch((error: Error) => console.log(`outer limit: ${error.message}`))
})

// prints:
// download: connection closed
// TimeoutError: Timed out after 50 ms
// download: connection closed
// gave up
// outer limit: Timed out after 30 ms
