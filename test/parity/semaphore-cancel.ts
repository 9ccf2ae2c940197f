// A waiter that is cancelled leaves the line; one that is cancelled in the turn it was served passes the permit on.
import { Semaphore, createTask, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const semaphore = new Semaphore(1)
  const worker = async (name: string): Promise<void> => {
    try {
      await semaphore.acquire()
    } catch (error) {
      print(name, "cancelled")
      throw error
    }
    print(name, "in")
    await sleep(20)
    semaphore.release()
  }
  await semaphore.acquire()
  const a = createTask(() => worker("a"))
  const b = createTask(() => worker("b"))
  const c = createTask(() => worker("c"))
  const d = createTask(() => worker("d"))
  await sleep(0)
  b.cancel()
  await sleep(0)
  semaphore.release()
  a.cancel()
  print("released")
  await sleep(0)
  await gather([a, b, c, d], { returnExceptions: true })
  print(a.cancelled() && b.cancelled() && !c.cancelled() && !d.cancelled())
  print(semaphore.locked())
}
