// A notified waiter goes on when it has the lock again, in order; a notice to nobody is lost.
import { Condition, InvalidStateError, createTask, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const condition = new Condition()
  const waiter = (name: string): Promise<void> =>
    condition.run(async () => {
      print(name, "waits")
      await condition.wait()
      print(name, "woken", condition.locked())
      await sleep(0)
      print(name, "leaves")
    })
  await condition.run(() => condition.notify())
  const tasks = ["a", "b", "c", "d", "e"].map((name) => createTask(() => waiter(name)))
  await sleep(10)
  await condition.run(async () => {
    condition.notify(2)
    print("notified two")
    await sleep(0)
    print(
      "still mine",
      tasks.map((task) => task.done()),
    )
  })
  await sleep(10)
  print(tasks.map((task) => task.done()))
  await condition.run(() => condition.notifyAll())
  await gather(tasks)
  print(condition.locked())
  try {
    condition.notify()
  } catch (error) {
    if (error instanceof InvalidStateError) print("not mine")
  }
}
