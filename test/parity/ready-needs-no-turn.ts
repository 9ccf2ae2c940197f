// Free permits, items that are there and finished tasks let nobody in between.
import { Queue, Semaphore, createTask, gather, sleep, taskGroup, timeout } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const done = createTask(() => sleep(0, "done"))
  await done
  const task = createTask(async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      print("other", turn)
      await sleep(0)
    }
  })
  const queue = new Queue<number>()
  const semaphore = new Semaphore(2)
  for (let turn = 0; turn < 3; turn += 1) {
    await queue.put(turn)
    await semaphore.run(async () => print("main", await queue.get(), await done))
  }
  await gather([])
  await timeout(10_000, () => taskGroup(() => print("blocks")))
  print("now a turn")
  await sleep(0)
  print("main after a turn")
  await task
}
