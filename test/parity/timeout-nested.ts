// Of two nested limits the inner runs out first, and then the other way round.
import { TimeoutError, currentTask, isCancelled, sleep, timeout } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const states: boolean[] = []
  const note = (inner: boolean, outer: boolean): void => void states.splice(0, 2, inner, outer)
  try {
    await timeout(80, async (outer) => {
      let inner = outer
      try {
        await timeout(20, async (scope) => {
          inner = scope
          await sleep(10_000)
        })
      } catch (error) {
        if (error instanceof TimeoutError) print("inner", inner.expired(), outer.expired())
      }
      try {
        await sleep(10_000)
        print("not reached")
      } finally {
        note(inner.expired(), outer.expired())
      }
    })
  } catch (error) {
    if (error instanceof TimeoutError) print("outer", ...states)
  }
  try {
    await timeout(20, async (outer) => {
      let inner = outer
      try {
        await timeout(10_000, async (scope) => {
          inner = scope
          await sleep(20_000)
        })
      } catch (error) {
        if (isCancelled(error)) print("cancelled inside", inner.expired())
        note(inner.expired(), outer.expired())
        throw error
      }
    })
  } catch (error) {
    if (error instanceof TimeoutError) {
      print("outer", ...states, error.cause instanceof Error ? error.cause.name : null)
    }
  }
  const unused = await timeout(10_000, async (scope) => {
    await sleep(0)
    return scope
  })
  const never = await timeout(null, async (scope) => {
    await sleep(0)
    return scope
  })
  print(unused.expired(), never.expired(), never.when(), currentTask()?.cancelling())
}
