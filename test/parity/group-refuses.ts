// A group that is aborting or was left takes no more children.
import { InvalidStateError, sleep, taskGroup } from "../../src/index.ts"
import type { TaskGroup } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const never = async (): Promise<void> => print("not reached")
  const late = async (group: TaskGroup): Promise<void> => {
    try {
      await sleep(10_000)
    } finally {
      try {
        void group.createTask(never)
      } catch (error) {
        if (error instanceof InvalidStateError) print("refused while aborting")
      }
    }
  }
  let left: TaskGroup | null = null
  try {
    await taskGroup(async (group) => {
      left = group
      void group.createTask(() => late(group))
      void group.createTask(async () => {
        throw new Error("boom")
      })
    })
  } catch {
    print("failed")
  }
  try {
    void (left as TaskGroup | null)?.createTask(never)
  } catch (error) {
    if (error instanceof InvalidStateError) print("refused afterwards")
  }
}
