// A body that catches the request and gives a value has not been cancelled; one that throws has failed.
import { createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const stubborn = async (): Promise<number> => {
    try {
      await sleep(10_000)
    } catch {
      print("stubborn caught")
    }
    await sleep(0)
    print("stubborn goes on")
    return 42
  }
  const breaking = async (): Promise<void> => {
    try {
      await sleep(10_000)
    } catch {
      throw new Error("cleanup")
    }
  }
  const a = createTask(stubborn)
  const b = createTask(breaking)
  await sleep(0)
  a.cancel()
  b.cancel()
  print("a", await a, a.cancelled(), a.cancelling())
  try {
    await b
  } catch (error) {
    print("b", error, b.cancelled())
  }
  print(b.done(), b.cancel(), b.exception())
}
