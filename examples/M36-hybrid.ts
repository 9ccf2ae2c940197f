// Work that waits and work that computes in one group: the waits run together, the computing goes to threads.
import { run, sleep, taskGroup } from "tsyncio"
import { ThreadExecutor, portable } from "tsyncio/executor"

/** Computes for so many milliseconds. */
export const compute = portable(import.meta, "compute", (id: number, ms: number) => {
  const end = performance.now() + ms
  let steps = 0
  while (performance.now() < end) steps += 1
  return { id, hasWorked: steps > 0 }
})

await run(async () => {
  await using executor = new ThreadExecutor()
  await executor.warmUp(compute)
  const start = performance.now()
  const answers = await taskGroup(async (group) => {
    const jobs = Array.from({ length: 10 }, (_, id) =>
      group.createTask(async () => {
        const { hasWorked } = await executor.submit(compute, id, 100)
        await sleep(1000)
        return hasWorked ? id : -1
      }),
    )
    const found: number[] = []
    for (const job of jobs) found.push(await job)
    return found
  })
  const seconds = (performance.now() - start) / 1000
  console.log(answers.join(" "))
  console.log("11 s one after the other, 2 s on one thread, here:", seconds < 2.5 ? "less" : "more")
})

// prints:
// 0 1 2 3 4 5 6 7 8 9
// 11 s one after the other, 2 s on one thread, here: less
