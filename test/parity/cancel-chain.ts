// Cancelling a parent passes down the chain of awaits and comes back up, innermost first.
import { Future, createTask, isCancelled, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const future = new Future<void>()
  const level = async (depth: number): Promise<void> => {
    try {
      if (depth === 0) await future
      else await createTask(() => level(depth - 1))
    } catch (error) {
      print("level", depth, isCancelled(error) ? error.reason : error)
      throw error
    } finally {
      print("leave", depth)
    }
  }
  const task = createTask(() => level(3))
  for (let turn = 0; turn < 5; turn += 1) await sleep(0)
  print(task.cancel("why"))
  print("future", future.cancelled(), future.done())
  for (let turn = 0; turn < 6; turn += 1) {
    print("turn", turn, task.done())
    await sleep(0)
  }
  print(task.cancelled())
}
