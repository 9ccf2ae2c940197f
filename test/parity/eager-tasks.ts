// An eager task runs to its first wait before its creator goes on.
import { createTask, currentTask, gather, sleep } from "../../src/index.ts"
import type { Task } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const begin = (name: string): string => {
    print(name, "starts as", currentTask()?.name)
    return name
  }
  const work = async (name: string): Promise<string> => {
    begin(name)
    await sleep(0)
    print(name, "goes on")
    return name
  }
  const fails = (): void => {
    throw new Error("at once")
  }
  const eager = <T>(fn: () => T | Promise<T>, name: string): Task<T> => createTask(fn, { name, eager: true })
  const lazy = createTask(() => work("lazy"), { name: "lazy task" })
  const quick = eager(() => begin("quick"), "quick task")
  print("quick", quick.done(), quick.result())
  const slow = eager(() => work("slow"), "slow task")
  print("slow", slow.done(), currentTask() === slow)
  const failed = eager(fails, "failed task")
  print("failed", failed.done(), failed.exception())
  slow.cancel()
  lazy.cancel()
  await gather([slow, lazy], { returnExceptions: true })
  print(slow.cancelled(), lazy.cancelled(), quick.cancel())
}
