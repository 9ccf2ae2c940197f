// A group whose task is cancelled ends its children first, cleanup included, and then passes the request on.
import { createTask, isCancelled, sleep, taskGroup } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const child = async (name: string, cleanup: number): Promise<void> => {
    try {
      print(name, "starts")
      await sleep(10_000)
    } catch (error) {
      print(name, "told")
      await sleep(cleanup)
      print(name, "clean")
      throw error
    }
  }
  const inExit = async (): Promise<void> => {
    await taskGroup(async (group) => {
      void group.createTask(() => child("a", 40))
      void group.createTask(() => child("b", 20))
    })
    print("not reached")
  }
  const inBody = async (): Promise<void> => {
    await taskGroup(async (group) => {
      void group.createTask(() => child("c", 20))
      await sleep(10_000)
      print("not reached")
    })
    print("not reached")
  }
  for (const [name, work] of [
    ["in_exit", inExit],
    ["in_body", inBody],
  ] as const) {
    const task = createTask(work)
    await sleep(10)
    task.cancel("why")
    try {
      await task
    } catch (error) {
      if (isCancelled(error)) print(name, "cancelled", error.reason, task.cancelling())
    }
  }
}
