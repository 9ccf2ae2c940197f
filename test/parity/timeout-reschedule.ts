// A limit can be put off, moved into the past, and taken away.
import { TimeoutError, sleep, timeout } from "../../src/index.ts"
import { now } from "../../src/testing/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  await timeout(20, async (scope) => {
    scope.reschedule(now() + 10_000)
    await sleep(40)
    print("put off", scope.expired())
  })
  let expired = false
  try {
    await timeout(10_000, async (scope) => {
      scope.reschedule(now() - 1000)
      print("still here")
      try {
        await sleep(1000)
        print("not reached")
      } finally {
        expired = scope.expired()
      }
    })
  } catch (error) {
    if (error instanceof TimeoutError) print("timed out", expired)
  }
  const left = await timeout(20, async (scope) => {
    scope.reschedule(null)
    print(scope.when())
    await sleep(40)
    return scope
  })
  print("taken away", left.expired())
  try {
    left.reschedule(now())
  } catch {
    print("too late")
  }
}
