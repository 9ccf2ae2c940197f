// One `set()` releases all who wait, and whoever comes later goes straight through, until `clear()`.
import { Event, TimeoutError, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const ready = new Event()
  const released: string[] = []
  await taskGroup(async (group) => {
    for (const name of ["a", "b", "c"]) {
      group.createTask(async () => {
        await ready.wait()
        released.push(name)
      })
    }
    await sleep(10)
    console.log("released:", released, String(ready))
    ready.set()
  })
  console.log("released:", released, String(ready))

  await ready.wait()
  console.log("a latecomer goes straight through")

  ready.clear()
  try {
    await ready.wait({ timeout: 20 })
  } catch (error) {
    if (!(error instanceof TimeoutError)) throw error
    console.log("cleared: nobody passes")
  }
})

// prints:
// released: [] <Event unset waiting=3>
// released: [ 'a', 'b', 'c' ] <Event set waiting=0>
// a latecomer goes straight through
// cleared: nobody passes
