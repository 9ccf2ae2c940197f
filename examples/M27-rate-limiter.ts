// At most 20 starts a second, one at a time after a rest, and at most 4 at once.
import { RateLimiter, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const limiter = new RateLimiter({
    budgets: { requests: { limit: 20, per: 1000 } },
    burst: 1,
    concurrency: 4,
  })
  const starts: number[] = []
  const begin = performance.now()
  await taskGroup((group) => {
    for (let call = 0; call < 10; call += 1) {
      group.createTask(() =>
        limiter.run(async () => {
          starts.push(performance.now() - begin)
          await sleep(60)
        }),
      )
    }
  })
  const gaps = starts.slice(1).map((time, i) => time - (starts[i] ?? 0))
  console.log(`${starts.length} starts, the last after ${Math.round((starts.at(-1) ?? 0) / 50) * 50} ms`)
  console.log(`no two closer than 45 ms: ${gaps.every((gap) => gap > 45)}`)
})

// prints:
// 10 starts, the last after 450 ms
// no two closer than 45 ms: true
