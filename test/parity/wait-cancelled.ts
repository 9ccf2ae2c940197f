// Cancelling a task that waits for others leaves the others alone.
import { createTask, sleep, wait } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string): Promise<string> => {
    await sleep(30)
    print(name, "ends")
    return name
  }
  const a = createTask(() => work("a"))
  const b = createTask(() => work("b"))
  const task = createTask(async () => {
    try {
      await wait([a, b])
    } finally {
      print("parent leaves", [a.done(), b.done()])
    }
  })
  await sleep(10)
  task.cancel()
  await wait([task])
  print(task.cancelled())
  print(await a, await b)
}
