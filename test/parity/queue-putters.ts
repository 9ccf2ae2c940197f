// Putters of a full queue wait in line; one that is cancelled has put nothing, the others keep their order.
import { Queue, TimeoutError, createTask, sleep, timeout } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const queue = new Queue<string>(2)
  const putter = async (name: string): Promise<void> => {
    try {
      await queue.put(name)
      print(name, "has put")
    } catch (error) {
      print(name, "cancelled")
      throw error
    }
  }
  const tasks = ["a", "b", "c", "d", "e", "f"].map((name) => createTask(() => putter(name)))
  await sleep(0)
  print(
    queue.full(),
    tasks.map((task) => task.done()),
  )
  tasks[3]?.cancel()
  await sleep(0)
  const items: string[] = []
  while (!queue.empty()) {
    items.push(await queue.get())
    await sleep(0)
    await sleep(0)
  }
  print(
    items,
    tasks.map((task) => task.cancelled()),
  )
  try {
    await timeout(20, () => queue.get())
  } catch (error) {
    if (error instanceof TimeoutError) print("nothing came")
  }
  queue.putNowait("kept")
  print(queue.size, await queue.get())
}
