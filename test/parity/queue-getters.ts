// Parked getters are served in order; one that is cancelled loses nothing, also in the turn it was served.
import { Queue, createTask, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const queue = new Queue<number>()
  const getter = async (name: string): Promise<void> => {
    try {
      print(name, "got", await queue.get())
    } catch (error) {
      print(name, "cancelled")
      throw error
    }
  }
  const tasks = ["a", "b", "c", "d", "e"].map((name) => createTask(() => getter(name)))
  await sleep(0)
  tasks[1]?.cancel()
  await sleep(0)
  queue.putNowait(1)
  tasks[0]?.cancel()
  print("put", tasks[2]?.done())
  await sleep(0)
  await sleep(0)
  print(tasks.map((task) => task.done()))
  queue.putNowait(2)
  queue.putNowait(3)
  queue.putNowait(4)
  await sleep(0)
  print(
    tasks.map((task) => task.done()),
    queue.size,
  )
  await gather(tasks, { returnExceptions: true })
}
