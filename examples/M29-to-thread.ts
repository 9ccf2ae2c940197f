// A function that blocks goes to a thread, and the loop stays free; the same function can be called here as well.
import { createTask, run, sleep } from "tsyncio"
import { portable, toThread } from "tsyncio/executor"

export const blockFor = portable(import.meta, "blockFor", (ms: number) => {
  const end = performance.now() + ms
  while (performance.now() < end);
  return `blocked for ${ms} ms`
})

await run(async () => {
  let ticks = 0
  const ticker = createTask(async () => {
    for (;;) {
      await sleep(5)
      ticks += 1
    }
  })
  console.log("here:", blockFor(100), "- ticks meanwhile:", ticks)
  console.log("in a thread:", await toThread(blockFor, 100), "- ticks meanwhile:", ticks > 3 ? "many" : ticks)
  ticker.cancel()
})

// prints:
// here: blocked for 100 ms - ticks meanwhile: 0
// in a thread: blocked for 100 ms - ticks meanwhile: many
