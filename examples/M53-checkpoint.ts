// A long computation gives the others a turn when its slice of time is used up; it costs next to nothing before.
import { checkpoint, createTask, run, sleep } from "tsyncio"

async function countPrimes(below: number, isPolite: boolean): Promise<number> {
  let count = 0
  for (let n = 2; n < below; n += 1) {
    let isPrime = true
    for (let d = 2; d * d <= n; d += 1) {
      if (n % d === 0) {
        isPrime = false
        break
      }
    }
    if (isPrime) count += 1
    if (isPolite) await checkpoint()
  }
  return count
}

await run(async () => {
  for (const isPolite of [false, true]) {
    let ticks = 0
    const ticker = createTask(async () => {
      for (;;) {
        await sleep(1)
        ticks += 1
      }
    })
    await sleep(0)
    const count = await countPrimes(400_000, isPolite)
    console.log(
      `${isPolite ? "with" : "without"} checkpoints: ${count} primes, the ticker ${ticks > 0 ? "ticked" : "stood still"}`,
    )
    ticker.cancel()
    await ticker.join().catch(() => {})
  }

  // A checkpoint is also where a computation can be cancelled.
  const endless = createTask(async () => {
    for (;;) await checkpoint()
  })
  await sleep(5)
  endless.cancel("enough")
  await endless.join().catch((error: unknown) => console.log(String(error)))
})

// prints:
// without checkpoints: 33860 primes, the ticker stood still
// with checkpoints: 33860 primes, the ticker ticked
// CancelledError: Cancelled: enough
