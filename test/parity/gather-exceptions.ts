// With return_exceptions every outcome has its place, a cancelled child's too.
import { createTask, gather, isCancelled, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

function told(outcome: unknown): unknown {
  if (isCancelled(outcome)) return "cancelled"
  return outcome instanceof Error ? `error ${outcome.message}` : outcome
}

export async function main(print: Print): Promise<void> {
  const work = async (name: string, delay: number, fails = false): Promise<string> => {
    await sleep(delay)
    if (fails) throw new Error(name)
    return name
  }
  const a = createTask(() => work("a", 40))
  const b = createTask(() => work("b", 10_000))
  const together = gather([a, b, () => work("c", 20, true), () => work("d", 0, true)], {
    returnExceptions: true,
  })
  await sleep(0)
  b.cancel()
  print((await together).map(told))
  const again = gather([() => work("e", 10_000), () => work("f", 10_000)], { returnExceptions: true })
  await sleep(0)
  print(again.cancel())
  try {
    print(await again)
  } catch (error) {
    if (isCancelled(error)) print("the gather was cancelled", again.done())
  }
}
