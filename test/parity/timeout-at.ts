// A limit at a time of the clock; several limits over the same moment each tell their own block.
import { TimeoutError, gather, sleep, timeout, timeoutAt } from "../../src/index.ts"
import { now } from "../../src/testing/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const end = now() + 20
  let hasExpired = (): boolean => false
  try {
    await timeoutAt(end, async (scope) => {
      hasExpired = () => scope.expired()
      print(scope.when() === end)
      await sleep(10_000)
    })
  } catch (error) {
    if (error instanceof TimeoutError) print("timed out", hasExpired(), now() >= end)
  }
  try {
    await timeoutAt(now() - 1000, async () => {
      await sleep(20)
      print("not reached")
    })
  } catch (error) {
    if (error instanceof TimeoutError) print("long over")
  }
  const left = await timeoutAt(null, async (scope) => {
    await sleep(20)
    return scope
  })
  print(left.when(), left.expired())
  const limited = async (name: string, delay: number): Promise<void> => {
    try {
      await timeout(delay, () => sleep(10_000))
    } catch (error) {
      if (error instanceof TimeoutError) print(name, "timed out")
    }
  }
  await gather([() => limited("a", 60), () => limited("b", 20), () => limited("c", 40)])
}
