// Isolates: each with globals of its own, in a thread of its own, and queues between them.
import { createTask, run, timeout } from "tsyncio"
import { Interpreter, InterpreterQueue, inline } from "tsyncio/executor"

await run(async () => {
  await using red = await Interpreter.create({ name: "red" })
  await using blue = await Interpreter.create({ name: "blue", grace: 100, memoryLimit: 64 })

  // Source runs as at a console: what it declares stays, and nobody else sees it.
  await red.exec("let visits = 0; function greet(name) { visits += 1; return `hello ${name}` }")
  console.log(await red.call("greet", "Ada"), await red.exec("visits"))
  console.log("in blue:", await blue.exec("typeof visits"))
  console.log(
    await blue.call(
      inline((a: number, b: number) => a + b),
      20,
      22,
    ),
  )

  // A queue goes where it is handed; both ends await it, async code runs inside.
  const jobs = new InterpreterQueue<number>(2)
  const results = new InterpreterQueue<string>()
  await red.setGlobals({ jobs, results })
  const working = createTask(() =>
    red.exec(`
      const { sleep } = await import("tsyncio")
      for await (const n of jobs) {
        await sleep(1)
        await results.put(n + " squared is " + n * n)
      }
      results.shutdown()
    `),
  )
  for (const n of [2, 3, 4]) await jobs.put(n)
  jobs.shutdown()
  for await (const result of results) console.log(result)
  await working

  // An error crosses with its class; an endless loop ends with its isolate, and red goes on.
  await blue
    .exec("throw new RangeError('out of paint')")
    .catch((error: unknown) => console.log(String(error)))
  await timeout(50, () => blue.exec("for (;;);")).catch((error: unknown) =>
    console.log((error as Error).name),
  )
  await blue.exec("1").catch((error: unknown) => console.log((error as Error).name))
  console.log("red:", await red.call("greet", "Alan"))
})

// prints:
// hello Ada 1
// in blue: undefined
// 42
// 2 squared is 4
// 3 squared is 9
// 4 squared is 16
// RangeError: out of paint
// TimeoutError
// InterpreterLostError
// red: hello Alan
