// Tasks of 2,000 and 1,000 ms side by side: the short one is there after 1,000, the long one after 2,000.
import { createTask, run, sleep } from "tsyncio"

await run(async () => {
  const start = performance.now()
  const elapsed = (): number => Math.round((performance.now() - start) / 500) * 500

  const long = createTask(() => sleep(2000, "long"), { name: "long" })
  const short = createTask(() => sleep(1000, "short"), { name: "short" })

  console.log(
    `${await short} after ${elapsed()} ms; ${long.name} is ${long.done() ? "done" : "still running"}`,
  )
  console.log(`${await long} after ${elapsed()} ms`)

  const third = createTask(() => sleep(1000))
  await sleep(0)
  third.cancel("not needed")
  await third.join().catch(() => {})
  console.log(`third is cancelled: ${third.cancelled()}`)
})

// prints:
// short after 1000 ms; long is still running
// long after 2000 ms
// third is cancelled: true
