// Every 200 ms, on a fixed grid: a slow call moves nobody, two calls never overlap, and a cancel ends it cleanly.
import { every, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const start = performance.now()
  const log: string[] = []
  let running = 0
  await taskGroup(async (group) => {
    const job = group.createTask(() =>
      every(200, async (tick) => {
        running += 1
        const late = performance.now() - start - tick * 200
        log.push(`tick ${tick}${late < 200 ? "" : " late"}${running === 1 ? "" : " overlaps"}`)
        try {
          await sleep(tick === 2 ? 450 : 30)
        } finally {
          running -= 1
        }
      }),
    )
    await sleep(1500)
    job.cancel("closing time")
  })
  console.log(log.join(", "))
  console.log(`ended, ${running} running`)

  const caughtUp: number[] = []
  await taskGroup(async (group) => {
    const note = async (tick: number): Promise<void> => {
      caughtUp.push(tick)
      if (tick === 1) await sleep(500)
    }
    const job = group.createTask(() => every(200, note, { missed: "catch-up" }))
    await sleep(900)
    job.cancel()
  })
  console.log(`caught up: ${caughtUp.join(" ")}`)
})

// prints:
// tick 1, tick 2, tick 5, tick 6, tick 7
// ended, 0 running
// caught up: 1 2 3 4
