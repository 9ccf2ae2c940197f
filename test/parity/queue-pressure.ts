// Producers wait for room in a bounded queue; items keep their order, consumers take turns.
import { Queue, createTask, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const queue = new Queue<string>(2)
  const producer = async (name: string, count: number): Promise<void> => {
    for (let item = 0; item < count; item += 1) {
      await queue.put(`${name}${item}`)
    }
  }
  const consumer = async (name: string): Promise<void> => {
    for (;;) {
      const item = await queue.get()
      print(name, "got", item)
      await sleep(0)
      queue.taskDone()
    }
  }
  const consumers = [createTask(() => consumer("c1")), createTask(() => consumer("c2"))]
  await gather([() => producer("a", 4), () => producer("b", 4)])
  print("all put")
  await queue.join()
  print("all done", queue.empty())
  for (const task of consumers) task.cancel()
  await gather(consumers, { returnExceptions: true })
}
