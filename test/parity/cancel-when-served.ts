// A future that has its value does not save a waiter that is cancelled before it goes on.
import { Future, createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const future = new Future<number>()
  const waiter = async (name: string): Promise<void> => {
    try {
      print(name, "got", await future)
    } catch (error) {
      print(name, "cancelled")
      throw error
    }
  }
  const a = createTask(() => waiter("a"))
  const b = createTask(() => waiter("b"))
  const c = createTask(() => waiter("c"))
  await sleep(0)
  future.setResult(7)
  print(b.cancel(), future.cancelled(), future.result())
  await sleep(0)
  print([a.done(), b.done(), c.done()])
  print([a.cancelled(), b.cancelled(), c.cancelled()], await future)
}
