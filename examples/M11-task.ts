// What a task tells about itself: name, state, result or error, where it waits, and who waits for it.
import { callGraph, createTask, run, sleep } from "tsyncio"
import type { Task } from "tsyncio"

await run(async () => {
  const answer = createTask(() => sleep(30, 42), { name: "answer" })
  answer.addDoneCallback((task) => console.log(`callback: ${String(task)}`))
  const reader = createTask(async () => answer, { name: "reader" })
  await sleep(0)

  console.log(String(answer), "waits for", answer.waitingOn?.kind)
  const readers = callGraph(answer)?.awaitedBy.map(({ future }) => (future as Task<unknown>).name)
  console.log("awaited by", readers)
  try {
    answer.result()
  } catch (error) {
    console.log((error as Error).message)
  }

  await reader
  console.log("result:", answer.result(), "error:", answer.exception())

  const broken = createTask(() => Promise.reject(new Error("no such page")), { name: "broken" })
  await sleep(0)
  console.log(String(broken), "error:", (broken.exception() as Error).message)

  const long = createTask(() => sleep(60_000), { name: "long" })
  await sleep(0)
  console.log("cancel:", long.cancel("not needed"), "requests:", long.cancelling(), "done:", long.done())
  await long.join().catch((error: unknown) => console.log(String(error)))
  console.log("cancelled:", long.cancelled(), "again:", long.cancel())
})

// prints:
// <Task 2 "answer" pending, calls a callback waiting on sleep> waits for sleep
// awaited by [ 'reader' ]
// Cannot read the result: the future is pending
// callback: <Task 2 "answer" finished result=42>
// result: 42 error: null
// <Task 4 "broken" finished error=no such page> error: no such page
// cancel: true requests: 1 done: false
// CancelledError: Cancelled: not needed
// cancelled: true again: false
