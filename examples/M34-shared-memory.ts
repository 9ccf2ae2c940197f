// Threads compute side by side on memory that they share, with a lock that works across them.
import { createTask, gather, run } from "tsyncio"
import { SharedChannel, SharedMutex, ThreadExecutor, portable } from "tsyncio/executor"

const countPrimes = portable(import.meta, "countPrimes", (from: number, to: number) => {
  let count = 0
  for (let n = from; n < to; n += 1) {
    let divisor = 2
    while (divisor * divisor <= n && n % divisor !== 0) divisor += 1
    if (divisor * divisor > n) count += 1
  }
  return count
})

// Lock and channel arrive as what they are; a worker may block until the lock is its own.
const deposit = portable(
  import.meta,
  "deposit",
  (name: string, account: Float64Array, mutex: SharedMutex, log: SharedChannel<string>) => {
    for (let i = 0; i < 1000; i += 1) {
      mutex.runSync(() => {
        const before = account[0] ?? 0
        account[0] = before + 0.5
      })
    }
    log.sendSync(`${name} is done`)
  },
)

await run(async () => {
  await using threads = new ThreadExecutor({ maxWorkers: 4 })
  const parts = [0, 1, 2, 3].map((n) => [2 + n * 500_000, 2 + (n + 1) * 500_000] as const)

  // Four jobs on four threads: as fast as the processors allow.
  const counts = await gather(parts.map((part) => () => threads.submit(countPrimes, ...part)))
  console.log(
    "primes below 2,000,000:",
    counts.reduce((sum, count) => sum + count),
  )

  // Four threads and this one change one number. Nothing is lost, since one at a time reads and writes it.
  const account = new Float64Array(new SharedArrayBuffer(8))
  const mutex = new SharedMutex()
  const log = new SharedChannel<string>({ capacity: 10 })
  const jobs = ["Ada", "Alan", "Grace", "Kurt"].map((name) =>
    createTask(() => threads.submit(deposit, name, account, mutex, log)),
  )
  // Here nothing blocks: this thread awaits the lock, and goes on with other tasks meanwhile.
  for (let i = 0; i < 100; i += 1) {
    using _permit = await mutex.acquire()
    account[0] = (account[0] ?? 0) + 0.5
  }
  await gather(jobs)
  log.close()

  const lines: string[] = []
  for await (const line of log) lines.push(line)
  console.log(lines.sort().join(", "))
  console.log("account:", account[0])
})

// prints:
// primes below 2,000,000: 148933
// Ada is done, Alan is done, Grace is done, Kurt is done
// account: 2050
