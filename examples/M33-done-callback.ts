// The callback style: whoever hands a job in says what is to become of the result, and goes on.
import { Event, run } from "tsyncio"
import { ThreadExecutor, portable } from "tsyncio/executor"

export const shout = portable(import.meta, "shout", (word: string) => `${word.toUpperCase()}!`)

await run(async () => {
  await using executor = new ThreadExecutor({ maxWorkers: 1 })
  const all = new Event()
  const heard: string[] = []
  for (const word of ["one", "two", "three"]) {
    executor.submit(shout, word).addDoneCallback((job) => {
      heard.push(job.result())
      if (heard.length === 3) all.set()
    })
  }
  console.log("handed in")
  await all.wait()
  console.log(heard.join(" "))
})

// prints:
// handed in
// ONE! TWO! THREE!
