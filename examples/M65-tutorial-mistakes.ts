// Mistakes that every tutorial's comments are full of: each caught, named, or shown right.
import {
  DeadlockError,
  PriorityQueue,
  Queue,
  allTasks,
  coroutine,
  createTask,
  gather,
  getRunningLoop,
  run,
  sleep,
  taskGroup,
} from "tsyncio"

const title = (text: string): void => console.log(`-- ${text}`)

title("one sentinel for two consumers")
await run(() =>
  taskGroup(async (group) => {
    const queue = new Queue<string | null>()
    for (const name of ["first", "second"]) {
      group.createTask(
        async () => {
          while ((await queue.get()) !== null);
        },
        { name },
      )
    }
    await queue.put("item")
    await queue.put(null)
  }),
).catch((error: unknown) => {
  if (!(error instanceof DeadlockError)) throw error
  console.log(error.message)
})

title("the same with shutdown(), which ends them all")
await run(() =>
  taskGroup(async (group) => {
    const queue = new Queue<string>()
    for (const name of ["first", "second"]) {
      group.createTask(async () => {
        for await (const item of queue) console.log(`${name} has ${item}`)
      })
    }
    await queue.put("item")
    queue.shutdown()
  }),
)

title("gather of all tasks, oneself included")
await run(() => gather([...allTasks()])).catch((error: unknown) => {
  console.log(error instanceof Error ? error.message : error)
})
await run(async () => {
  const before = allTasks()
  createTask(() => sleep(5), { name: "other" }).addDoneCallback(() => console.log("the others have ended"))
  await gather([...allTasks()].filter((task) => !before.has(task)))
})

title("for await over something that is no iterator")
await run(async () => {
  const answer = { pages: 3 } as unknown as AsyncIterable<number>
  try {
    for await (const page of answer) console.log(page)
  } catch (error) {
    console.log(`${(error as Error).name}: ${(error as Error).message}`)
  }
})

title("a priority put into a plain queue")
await run(async () => {
  const plain = new Queue<[number, string]>()
  const sorted = new PriorityQueue<[number, string]>(0, ([a], [b]) => a - b)
  for (const queue of [plain, sorted]) {
    for (const job of [
      [3, "later"],
      [1, "now"],
    ] as [number, string][])
      await queue.put(job)
    console.log(`${queue.constructor.name}: ${(await queue.get())[1]} first`)
  }
})

title("three styles side by side")
await run(async () => {
  const loop = getRunningLoop()
  const byCallback = loop.createFuture<string>()
  loop.callLater(5, (text) => byCallback.setResult(text), "callback")
  const byGenerator = coroutine(function* () {
    yield sleep(5)
    return "generator"
  })
  const byAsync = async (): Promise<string> => {
    await sleep(5)
    return "async"
  }
  console.log(await gather([byCallback, byGenerator, byAsync]))
})

// prints:
// -- one sentinel for two consumers
// Cannot go on: 2 tasks wait, and nothing is left that could wake them
//   task "main" waits for task group
//     task "second" waits for queue get
// -- the same with shutdown(), which ends them all
// first has item
// -- gather of all tasks, oneself included
// Cannot go on: 1 task waits, and nothing is left that could wake them
//   task "main" waits for future (a gather)
// the others have ended
// -- for await over something that is no iterator
// TypeError: answer is not async iterable
// -- a priority put into a plain queue
// Queue: later first
// PriorityQueue: now first
// -- three styles side by side
// [ 'callback', 'generator', 'async' ]
