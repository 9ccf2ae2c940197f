// A waiter that is cancelled holds the lock when wait() ends, and a notice it had goes to the next.
import { Condition, createTask, isCancelled, sleep, wait } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const condition = new Condition()
  const waiter = (name: string): Promise<void> =>
    condition.run(async () => {
      try {
        await condition.wait()
        print(name, "woken")
      } catch (error) {
        if (isCancelled(error)) print(name, "cancelled", error.reason, condition.locked())
        throw error
      }
    })
  const a = createTask(() => waiter("a"))
  const c = createTask(() => waiter("c"))
  await sleep(10)
  await condition.run(async () => {
    condition.notify()
    await sleep(10)
    a.cancel("taking the lock back")
    await sleep(10)
    print("a waits for the lock", a.done())
  })
  await sleep(10)
  print([a.done(), c.done()], a.cancelled())
  const parked = createTask(() => waiter("parked"))
  await sleep(10)
  parked.cancel("while parked")
  await wait([parked])
  print(condition.locked())
}
