// One entry point: `run` starts the loop, runs main, and cancels and awaits what is left.
import { createTask, isCancelled, run, sleep } from "tsyncio"

const answer = await run(async () => {
  void createTask(async () => {
    try {
      await sleep(60_000)
    } catch (error) {
      if (isCancelled(error)) console.log("background: cancelled, tidying up")
      await sleep(10)
      console.log("background: gone")
      throw error
    }
  })
  await sleep(10)
  console.log("main: done")
  return 42
})
console.log(`run gave ${answer}`)

// prints:
// main: done
// background: cancelled, tidying up
// background: gone
// run gave 42
