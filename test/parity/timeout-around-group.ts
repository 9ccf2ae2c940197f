// A limit around a group cancels its children and waits for them.
import { TimeoutError, currentTask, sleep, taskGroup, timeout } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const child = async (name: string, cleanup: number): Promise<void> => {
    try {
      await sleep(10_000)
    } finally {
      await sleep(cleanup)
      print(name, "clean")
    }
  }
  try {
    await timeout(20, () =>
      taskGroup(async (group) => {
        void group.createTask(() => child("a", 40))
        void group.createTask(() => child("b", 20))
        print("body ends")
      }),
    )
  } catch (error) {
    if (error instanceof TimeoutError) print("timed out")
  }
  try {
    await timeout(20, () =>
      taskGroup(async (group) => {
        void group.createTask(() => child("c", 0))
        try {
          await sleep(10_000)
        } finally {
          print("body told")
        }
      }),
    )
  } catch (error) {
    if (error instanceof TimeoutError) print("timed out", currentTask()?.cancelling())
  }
}
