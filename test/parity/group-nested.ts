// A failure outside passes silently through an inner group; one inside stays inside when it is caught.
import { TaskGroupError, currentTask, sleep, taskGroup } from "../../src/index.ts"
import type { Print } from "./print.ts"

const messages = (error: unknown): unknown =>
  error instanceof TaskGroupError ? error.errors.map((one) => (one as Error).message) : error

export async function main(print: Print): Promise<void> {
  const fails = async (name: string, delay: number): Promise<void> => {
    await sleep(delay)
    throw new Error(name)
  }
  const parked = async (name: string): Promise<void> => {
    try {
      await sleep(10_000)
    } finally {
      print(name, "ends")
    }
  }
  try {
    await taskGroup(async (outer) => {
      void outer.createTask(() => fails("outer", 20))
      void outer.createTask(() => parked("outer child"))
      await taskGroup(async (inner) => {
        void inner.createTask(() => parked("inner child"))
        await sleep(10_000)
      })
      print("not reached")
    })
  } catch (error) {
    print(messages(error))
  }
  const { survivor } = await taskGroup(async (outer) => {
    const task = outer.createTask(() => sleep(40, "survived"))
    try {
      await taskGroup(async (inner) => {
        void inner.createTask(() => fails("inner", 20))
        void inner.createTask(() => parked("inner child"))
      })
    } catch (error) {
      print("inside", messages(error))
    }
    await sleep(0)
    print("outer goes on", task.done())
    return { survivor: task }
  })
  print(survivor.result(), currentTask()?.cancelling())
}
