// Every error reaches somebody: a caller, a group, or the handler of the run, which names the task.
import { createTask, run, sleep, taskGroup } from "tsyncio"
import type { Problem } from "tsyncio"

const fail = (text: string) => async (): Promise<never> => {
  await sleep(5)
  throw new Error(text)
}

const onProblem = ({ message, task, error }: Problem): void =>
  console.log(`problem: ${message}, in ${task}: ${(error as Error).message}`)

await run(
  async () => {
    await createTask(fail("one"))
      .join()
      .catch((error: Error) => console.log(`caller: ${error.message}`))

    await taskGroup((group) => {
      group.createTask(fail("two"))
    }).catch((error: Error) => console.log(`group: ${error.message}`))

    // Nobody looks at this one: it is told when the task is collected, or at the latest when the run ends.
    void createTask(fail("three"), { name: "forgotten" })
    await sleep(20)
    console.log("main is done")
  },
  { onProblem },
)

// A `catch` that takes the cancel as well is found in debug mode.
await run(
  async () => {
    const stubborn = createTask(
      async () => {
        try {
          await sleep(60_000)
        } catch {
          return "went on"
        }
        return "not reached"
      },
      { name: "stubborn" },
    )
    await sleep(5)
    stubborn.cancel()
    console.log(await stubborn)
  },
  { debug: true, onProblem: ({ message }) => console.log(`problem: ${message}`) },
)

// prints:
// caller: one
// group: 1 error in a task group: two
// main is done
// problem: An error was never looked at, in task "forgotten": three
// problem: task "stubborn" swallowed a CancelledError and went on to a value; let it pass, or call `uncancel()`
// went on
