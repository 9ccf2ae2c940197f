// Who is done, who is not: after the first, the first failure, all, so many, or a time. Nothing is thrown.
import type { DoneAndPending, Task } from "tsyncio"
import { createTask, run, sleep, wait } from "tsyncio"

await run(async () => {
  const start = (): Task<string>[] =>
    [200, 400, 600].map((ms) =>
      createTask(
        async () => {
          await sleep(ms)
          if (ms === 400) throw new Error("broken")
          return `value of ${ms}`
        },
        { name: `${ms}` },
      ),
    )
  const show = (what: string, { done, pending }: DoneAndPending<Task<string>>): void => {
    const ended = [...done].map((task) => (task.exception() === null ? task.name : `${task.name} (failed)`))
    const running = [...pending].map((task) => task.name)
    console.log(`${what}: done ${ended.join(", ")}; pending ${running.join(", ") || "none"}`)
    for (const task of pending) task.cancel()
  }

  show("first", await wait(start(), { returnWhen: "first-completed" }))
  show("first failure", await wait(start(), { returnWhen: "first-exception" }))
  show("two of three", await wait(start(), { returnWhen: 2 }))
  show("300 ms", await wait(start(), { timeout: 300 }))

  const all = await wait(start())
  show("all", all)
  const values = [...all.done].filter((task) => task.exception() === null).map((task) => task.result())
  console.log(values)
})

// prints:
// first: done 200; pending 400, 600
// first failure: done 200, 400 (failed); pending 600
// two of three: done 200, 400 (failed); pending 600
// 300 ms: done 200; pending 400, 600
// all: done 200, 400 (failed), 600; pending none
// [ 'value of 200', 'value of 600' ]
