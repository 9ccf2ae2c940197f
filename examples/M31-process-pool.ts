// CPU-bound work on all cores, each job in a process of its own pool: the same functions, another executor.
import { gather, run } from "tsyncio"
import { ProcessExecutor, portable } from "tsyncio/executor"

export const countPrimes = portable(import.meta, "countPrimes", (limit: number) => {
  let found = 0
  for (let n = 2; n < limit; n += 1) {
    let isPrime = true
    for (let d = 2; d * d <= n && isPrime; d += 1) isPrime = n % d !== 0
    if (isPrime) found += 1
  }
  return { found, pid: process.pid }
})

await run(async () => {
  await using executor = new ProcessExecutor({ maxWorkers: 2 })
  await executor.warmUp(countPrimes)
  const results = await gather([1, 2, 3, 4].map(() => executor.submit(countPrimes, 200_000)))
  console.log(results.map(({ found }) => found))
  const pids = new Set(results.map(({ pid }) => pid))
  console.log(`${pids.size} processes, this one among them: ${pids.has(process.pid)}`)
})

// prints:
// [ 17984, 17984, 17984, 17984 ]
// 2 processes, this one among them: false
