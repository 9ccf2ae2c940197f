// A future is a value that comes later: set once, awaited by many.
import { Future, createTask, gather, run, sleep } from "tsyncio"

await run(async () => {
  const config = new Future<string>()
  config.addDoneCallback((future) => console.log(`callback: ${future.result()}`))

  const readers = ["a", "b", "c"].map((name) => async () => `${name} has ${await config}`)
  createTask(async () => {
    await sleep(20)
    config.setResult("the configuration")
  }).addDoneCallback(() => console.log("it was set"))

  console.log("done:", config.done())
  console.log((await gather(readers)).join("\n"))
  console.log("done:", config.done(), "and again:", await config)
  try {
    config.setResult("another")
  } catch (error) {
    console.log(`${(error as Error).name}: ${(error as Error).message}`)
  }

  const broken = new Future<string>()
  broken.setException(new Error("no disk"))
  await broken.join().catch((error: Error) => console.log(error.message))

  const abandoned = new Future<string>()
  const waiter = createTask(async () => abandoned)
  await sleep(0)
  abandoned.cancel("nobody will set it")
  await waiter.join().catch((error: unknown) => console.log(String(error)))
})

// prints:
// done: false
// callback: the configuration
// it was set
// a has the configuration
// b has the configuration
// c has the configuration
// done: true and again: the configuration
// InvalidStateError: Cannot finish the future: it is resolved
// no disk
// CancelledError: Cancelled: nobody will set it
