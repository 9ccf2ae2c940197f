// The three kinds of queue give the same items in their own order, joiners wait for the last task_done.
import {
  LifoQueue,
  PriorityQueue,
  Queue,
  QueueEmptyError,
  QueueFullError,
  createTask,
  gather,
  sleep,
} from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const joiner = async (name: string, queue: Queue<number>): Promise<void> => {
    await queue.join()
    print(name, "joined")
  }
  const kinds = {
    Queue: new Queue<number>(5),
    LifoQueue: new LifoQueue<number>(5),
    PriorityQueue: new PriorityQueue<number>(5),
  }
  for (const [kind, queue] of Object.entries(kinds)) {
    for (const item of [3, 1, 5, 2, 4]) queue.putNowait(item)
    const joiners = ["first", "second"].map((name) => createTask(() => joiner(name, queue)))
    await sleep(0)
    print(kind, queue.full(), queue.size)
    try {
      queue.putNowait(6)
    } catch (error) {
      if (error instanceof QueueFullError) print("full")
    }
    const items: number[] = []
    for (let turn = 0; turn < 5; turn += 1) items.push(await queue.get())
    print(items)
    try {
      queue.getNowait()
    } catch (error) {
      if (error instanceof QueueEmptyError) print("empty")
    }
    for (let turn = 0; turn < 5; turn += 1) queue.taskDone()
    print("not yet", joiners[0]?.done())
    await gather(joiners)
  }
}
