// The first failure is thrown at once; siblings run on, a second failure is dropped, cancel comes too late.
import { createTask, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string, delay: number, fails: boolean): Promise<string> => {
    try {
      await sleep(delay)
      if (fails) throw new Error(name)
      return name
    } finally {
      print(name, "ends")
    }
  }
  const a = createTask(() => work("a", 60, false))
  const b = createTask(() => work("b", 20, true))
  const c = createTask(() => work("c", 40, true))
  const together = gather([a, b, c])
  try {
    await together
  } catch (error) {
    print("caught", error)
  }
  print(together.cancel(), together.done(), [a.done(), b.done(), c.done()])
  print(await a)
  print(c.exception())
}
