// A task that is cancelled before its turn never runs.
import { createTask, isCancelled, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string): Promise<void> => {
    try {
      print(name, "runs")
      await sleep(0)
    } finally {
      print(name, "ends")
    }
  }
  const a = createTask(() => work("a"))
  const b = createTask(() => work("b"))
  const c = createTask(() => work("c"))
  print(b.cancel(), b.cancelled(), b.done())
  for (let turn = 0; turn < 3; turn += 1) {
    await sleep(0)
    print("turn", turn, [a.done(), b.done(), c.done()])
  }
  print(b.cancelled(), b.cancel())
  try {
    await b
  } catch (error) {
    if (isCancelled(error)) print("b was cancelled")
  }
  print(a.cancelled(), c.cancelled())
}
