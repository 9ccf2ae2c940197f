// Results in order of finishing, each with its task; a failure is an outcome and does not end the loop.
import { asCompleted, rethrowCancelled, run, sleep } from "tsyncio"

await run(async () => {
  const download = (name: string, ms: number) => async (): Promise<string> => {
    await sleep(ms)
    if (name === "broken") throw new Error("404")
    return `${name}.html`
  }
  const works = [download("slow", 1000), download("fast", 200), download("broken", 400)]

  for await (const outcome of asCompleted(works)) {
    console.log(outcome.ok ? outcome.value : `failed: ${(outcome.error as Error).message}`)
  }

  try {
    for await (const { task } of asCompleted(works, { timeout: 300 })) console.log(task.done())
  } catch (error) {
    rethrowCancelled(error)
    console.log((error as Error).message)
  }
})

// prints:
// fast.html
// failed: 404
// slow.html
// true
// Timed out after 300 ms: 2 of the works were not done in time
