// Cancelling throws at the await; `finally` cleans up, also with awaits.
import { createTask, isCancelled, run, sleep } from "tsyncio"

await run(async () => {
  const worker = createTask(async () => {
    try {
      for (let round = 1; ; round += 1) {
        console.log(`round ${round}`)
        await sleep(20)
      }
    } finally {
      await sleep(5)
      console.log("closed the file")
    }
  })
  await sleep(50)
  worker.cancel("shutting down")
  const error = await worker.join().catch((thrown: unknown) => thrown)
  if (isCancelled(error)) console.log(`cancelled: ${String(error.reason)}`)
})

// prints:
// round 1
// round 2
// round 3
// closed the file
// cancelled: shutting down
