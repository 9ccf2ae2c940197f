// A failed task throws the same error at each await; reading it twice changes nothing.
import { InvalidStateError, createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const task = createTask(async (): Promise<number> => {
    await sleep(0)
    throw new Error("boom")
  })
  try {
    task.result()
  } catch (error) {
    if (error instanceof InvalidStateError) print("not ready")
  }
  const seen: unknown[] = []
  for (let turn = 0; turn < 2; turn += 1) {
    try {
      await task
    } catch (error) {
      seen.push(error)
    }
  }
  print(seen.length, seen[0] === seen[1], task.exception() === seen[0], task.cancelled())
  try {
    task.setResult(1)
  } catch {
    print("the body alone sets it")
  }
  print(task.cancel(), task.done())
}
