// What is left when main ends is cancelled and awaited with its cleanup.
import { createTask, run, sleep } from "../../src/index.ts"
import type { Task } from "../../src/index.ts"
import type { Print } from "./print.ts"

export const ownRun = true

export async function main(print: Print): Promise<void> {
  const leftover = async (name: string, cleanup: number): Promise<void> => {
    try {
      print(name, "starts")
      await sleep(10_000)
      print("not reached")
    } finally {
      print(name, "told")
      await sleep(cleanup)
      print(name, "clean")
    }
  }
  const tasks: Task<void>[] = []
  const value = await run(async () => {
    tasks.push(createTask(() => leftover("a", 40)))
    tasks.push(createTask(() => leftover("b", 20)))
    await sleep(0)
    tasks.push(createTask(() => leftover("never starts", 0)))
    print("main ends")
    return "value"
  })
  print(value)
  print(tasks.map((task) => task.cancelled()))
}
