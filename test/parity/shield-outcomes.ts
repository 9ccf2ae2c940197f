// A shield passes on the value, the very error, or the cancel of what it protects.
import { Future, createTask, shield, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const task = createTask(async () => {
    await sleep(0)
    throw new Error("boom")
  })
  const failing = shield(task)
  try {
    await failing
  } catch (error) {
    print(error, error === task.exception(), failing.exception() === error)
  }
  const inner = createTask(() => sleep(10_000))
  const cancelled = shield(inner)
  await sleep(0)
  inner.cancel()
  try {
    await cancelled
  } catch {
    print("cancelled", inner.cancelled(), cancelled.cancelled())
  }
  const future = new Future<string>()
  const outer = shield(future)
  future.setResult("v")
  await sleep(0)
  print(outer.done(), outer.result())
}
