// Cleanup may wait; a second cancel interrupts the wait of the cleanup, and the cleanup of that still runs.
import { createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string): Promise<void> => {
    try {
      await sleep(10_000)
    } finally {
      print(name, "cleans up")
      try {
        await sleep(20)
        print(name, "is clean")
      } finally {
        print(name, "leaves the cleanup")
      }
    }
  }
  const once = createTask(() => work("once"))
  const twice = createTask(() => work("twice"))
  await sleep(0)
  print(once.cancel(), twice.cancel())
  print("nothing moved yet", once.done(), twice.done())
  await sleep(0)
  print("cleaning", once.done(), twice.done())
  print(twice.cancel(), twice.cancelling())
  await sleep(0)
  print("told", twice.done())
  for (const task of [twice, once]) {
    try {
      await task
    } catch {
      print("cancelled", task.cancelled())
    }
  }
}
