// Ten computations joined by gather: results in order, and the timers of the program are not late meanwhile.
import { createTask, gather, run, sleep } from "tsyncio"
import { ThreadExecutor, portable } from "tsyncio/executor"

export const triangle = portable(import.meta, "triangle", (n: number) => {
  let sum = 0
  for (let round = 0; round < 30; round += 1) {
    sum = 0
    for (let i = 1; i <= n; i += 1) sum += i
  }
  return sum
})

await run(async () => {
  await using executor = new ThreadExecutor()
  const late: number[] = []
  const ticker = createTask(async () => {
    for (;;) {
      const start = performance.now()
      await sleep(2)
      late.push(performance.now() - start - 2)
    }
  })
  const sizes = Array.from({ length: 10 }, (_, index) => (index + 1) * 100_000)
  const sums = await gather(sizes.map((size) => executor.submit(triangle, size)))
  ticker.cancel()
  console.log("in order:", String(sums) === String(sizes.map((size) => (size * (size + 1)) / 2)))
  late.sort((a, b) => a - b)
  const middle = late[Math.floor(late.length / 2)] ?? 0
  console.log("timers went on:", late.length > 3 && middle < 20)
})

// prints:
// in order: true
// timers went on: true
