// A third party cancels what several tasks await: all get the error, none of them was asked to end.
import { Future, createTask, currentTask, isCancelled, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const future = new Future<void>()
  const waiter = async (name: string): Promise<string> => {
    try {
      await future
    } catch (error) {
      print(name, "told", isCancelled(error) ? error.reason : error)
    }
    await sleep(0)
    print(name, "goes on", currentTask()?.cancelling())
    return name
  }
  const a = createTask(() => waiter("a"))
  const b = createTask(() => waiter("b"))
  const other = createTask(async () => {
    await future
  })
  await sleep(0)
  print(future.cancel("gone"), future.cancel(), future.cancelled())
  print(await a, await b)
  print(other.cancelled(), other.cancelling())
}
