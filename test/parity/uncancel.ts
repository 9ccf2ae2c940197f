// A request that is taken back before a wait got it is forgotten; one that was caught and taken back is over.
import { createTask, currentTask, isCancelled, joinOnly, sleep } from "../../src/index.ts"
import type { Task } from "../../src/index.ts"
import type { Print } from "./print.ts"

const self = (): Task<unknown> => currentTask() as Task<unknown>

export async function main(print: Print): Promise<void> {
  const withdrawn = async (): Promise<string> => {
    const task = self()
    task.cancel()
    task.cancel()
    print(task.cancelling(), task.uncancel(), task.uncancel(), task.uncancel())
    await sleep(0)
    return "went on"
  }
  const halfWithdrawn = async (): Promise<void> => {
    const task = self()
    task.cancel()
    task.cancel()
    print(task.uncancel())
    await sleep(0)
    print("not reached")
  }
  const caught = async (): Promise<void> => {
    const task = self()
    try {
      await sleep(10_000)
    } catch (error) {
      if (isCancelled(error)) print("caught", task.cancelling(), task.uncancel())
    }
    await sleep(20)
    print("slept again")
    await sleep(10_000)
  }
  print(await createTask(withdrawn))
  const half = createTask(halfWithdrawn)
  try {
    await half
  } catch {
    print("half", half.cancelling())
  }
  const task = createTask(caught)
  await sleep(0)
  task.cancel()
  await sleep(40)
  print(task.done(), task.cancelling())
  task.cancel()
  await joinOnly(task).catch(() => {})
  print(task.cancelled(), task.uncancel())
}
