// A pool of threads: results and errors come back, and a job can be cancelled while it waits and while it runs.
import { gather, getRunningLoop, run, sleep } from "tsyncio"
import { ThreadExecutor, currentJob, portable } from "tsyncio/executor"

export const square = portable(import.meta, "square", (n: number) => n * n)

export const parse = portable(import.meta, "parse", (text: string): unknown => JSON.parse(text))

/** Looks up now and then, so it can be told to stop. */
export const search = portable(import.meta, "search", () => {
  const job = currentJob()
  let tried = 0
  while (!job.cancelled) tried += 1
  return tried > 0 ? "stopped when told" : "never began"
})

/** Never looks up. */
export const spin = portable(import.meta, "spin", (): never => {
  for (;;);
})

await run(async () => {
  await using executor = new ThreadExecutor({ maxWorkers: 1, grace: 100 })
  const loop = getRunningLoop()

  console.log(await gather([1, 2, 3].map((n) => loop.runInExecutor(executor, square, n))))
  await executor
    .submit(parse, "{")
    .join()
    .catch((error: unknown) => console.log(error instanceof SyntaxError))

  const running = executor.submit(search)
  const queued = executor.submit(square, 4)
  await sleep(200)
  queued.cancel("not wanted any more")
  await queued.join().catch((error: unknown) => console.log(String(error)))
  running.cancel()
  console.log(await running)

  const limited = executor.submit(spin, { timeout: 50 })
  await limited.join().catch((error: unknown) => console.log(String(error)))
  console.log(await executor.submit(square, 5))
})

// prints:
// [ 1, 4, 9 ]
// true
// CancelledError: Cancelled: not wanted any more
// stopped when told
// TimeoutError: Timed out after 50 ms running spin
// 25
