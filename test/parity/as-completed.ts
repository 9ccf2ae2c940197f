// as_completed gives outcomes in the order of finishing, errors included, and stops at its time limit.
import { TimeoutError, asCompleted, createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string, delay: number, fails = false): Promise<string> => {
    await sleep(delay)
    if (fails) throw new Error(name)
    return name
  }
  const a = createTask(() => work("a", 60))
  const b = createTask(() => work("b", 20))
  const c = createTask(() => work("c", 40, true))
  for await (const outcome of asCompleted([a, b, c])) {
    const place = [a, b, c].findIndex((task) => task === outcome.task)
    print(place, outcome.task.done(), outcome.ok ? outcome.value : outcome.error)
  }
  for await (const _ of asCompleted([])) print("not reached")
  const late = createTask(() => work("late", 60))
  try {
    for await (const outcome of asCompleted([late, a], { timeout: 20 })) print(outcome.task.result())
  } catch (error) {
    if (error instanceof TimeoutError) print("time is over", late.done())
  }
  print(await late)
  for await (const outcome of asCompleted([late])) print("done before", outcome.task.result())
}
