// Cancelling throws at the await; `finally` and `await using` clean up, with awaits; a second cancel interrupts that.
import { createTask, run, sleep } from "tsyncio"

class Connection implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    await sleep(5)
    console.log("closed the connection")
  }
}

await run(async () => {
  const worker = createTask(async () => {
    await using _connection = new Connection()
    try {
      for (let round = 1; ; round += 1) {
        console.log(`round ${round}`)
        await sleep(round < 3 ? 1 : 60_000)
      }
    } finally {
      await sleep(5)
      console.log("closed the file")
    }
  })
  await sleep(100)
  worker.cancel("shutting down")
  await worker.join().catch((error: unknown) => console.log(String(error)))
  console.log("cancelled:", worker.cancelled())

  const slow = createTask(async () => {
    try {
      await sleep(60_000)
    } finally {
      console.log("a long clean-up begins")
      await sleep(60_000)
      console.log("not reached")
    }
  })
  await sleep(5)
  slow.cancel("please")
  await sleep(5)
  slow.cancel("now")
  await slow.join().catch((error: unknown) => console.log(String(error)))
})

// prints:
// round 1
// round 2
// round 3
// closed the file
// closed the connection
// CancelledError: Cancelled: shutting down
// cancelled: true
// a long clean-up begins
// CancelledError: Cancelled: now
