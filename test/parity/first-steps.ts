// A group, a limit, and a task that is cancelled.
import { TimeoutError, createTask, gather, sleep, taskGroup, timeout } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const fetch = async (name: string, delay: number): Promise<string> => {
    try {
      await sleep(delay)
      return `page ${name}`
    } finally {
      print("closed", name)
    }
  }

  const [slow, fast] = await taskGroup(async (group) => [
    group.createTask(() => fetch("slow", 30)),
    group.createTask(() => fetch("fast", 10)),
  ])
  print(slow?.result(), fast?.result())

  try {
    await timeout(20, () => fetch("endless", 3_600_000))
  } catch (error) {
    if (error instanceof TimeoutError) print("too slow")
  }

  const task = createTask(() => fetch("unwanted", 3_600_000))
  await sleep(10)
  task.cancel()
  const results = await gather([task, () => fetch("wanted", 0)], { returnExceptions: true })
  print(task.cancelled(), results[1])
}
