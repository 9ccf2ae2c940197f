// An event wakes all who wait, in order, also when it is cleared at once; a new task starts before them.
import { Event, createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const event = new Event()
  const waiter = async (name: string): Promise<void> => {
    print(name, await event.wait())
  }
  const tasks = ["one", "two", "cancelled", "three"].map((name) => createTask(() => waiter(name)))
  await sleep(0)
  tasks[2]?.cancel()
  tasks.push(createTask(() => waiter("new")))
  event.set()
  event.set()
  event.clear()
  print("cleared", event.isSet())
  await sleep(0)
  await sleep(0)
  print(tasks.map((task) => task.done()))
  event.set()
  print(await event.wait())
  await sleep(0)
  await sleep(0)
  print(
    tasks.map((task) => task.done()),
    tasks[2]?.cancelled(),
  )
}
