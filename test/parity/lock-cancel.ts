// Waiters of a lock that are cancelled, before or in the turn they were served, leave it to the next.
import { Lock, createTask, sleep, wait } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const lock = new Lock()
  const worker = async (name: string): Promise<void> => {
    try {
      await lock.run(async () => {
        print(name, "in")
        await sleep(20)
        print(name, "out")
      })
    } catch (error) {
      print(name, "cancelled")
      throw error
    }
  }
  await lock.acquire()
  const tasks = ["a", "b", "c", "d", "e"].map((name) => createTask(() => worker(name)))
  await sleep(0)
  tasks[1]?.cancel()
  lock.release()
  tasks[0]?.cancel()
  await sleep(0)
  await sleep(0)
  print(
    "now",
    lock.locked(),
    tasks.map((task) => task.done()),
  )
  tasks[2]?.cancel()
  await wait(tasks.slice(2))
  print(
    tasks.map((task) => task.cancelled()),
    lock.locked(),
  )
}
