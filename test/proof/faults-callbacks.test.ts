// Whatever a function of the user throws or gives, at every place where one is called.
import { afterAll, describe, expect, it } from "vitest"
import type { CallbackSite } from "./callback-sites.ts"
import { callbackSites } from "./callback-sites.ts"
import { proofScale } from "./cancel-rig.ts"
import {
  doubling,
  endedCancelled,
  expectCount,
  hasSeen,
  noise,
  oddValues,
  playFault,
  throwing,
} from "./fault-rig.ts"

/** When the task that is inside is cancelled: never, before it starts, and while the fault happens. */
const cancels = [null, 0, 1, 2]

async function playAll({ run, isSync, isDropped, isAnswer, isBridge }: CallbackSite): Promise<void> {
  for (const [way, fault] of Object.entries(throwing)) {
    if (isSync === true && way !== "throws at once") continue
    if (isBridge === true && way === "throws after a foreign await") continue
    for (const [index, [kind, make]] of Object.entries(oddValues).entries()) {
      for (const [nth, cancelAt] of cancels.entries()) {
        // In a normal run a third of the values meets each way of being cancelled, and all of them none.
        if (proofScale === 1 && cancelAt !== null && (index + nth) % 3 !== 0) continue
        const thrown = make()
        let wasThrown = false
        const text = `${way}: ${kind}, cancelled at ${cancelAt}`
        const seen = await play(text, cancelAt, () =>
          run(() => {
            wasThrown = cancelAt === null
            return fault(thrown)
          }),
        )
        const mustArrive = wasThrown && isAnswer !== true
        const hasEnded = endedCancelled(seen) || seen.values.length > 0
        expect(hasSeen(seen, thrown) || (!mustArrive && hasEnded), `${text} reaches somebody`).toBe(true)
      }
    }
  }
  if (isSync === true) return
  for (const [way, fault] of Object.entries(doubling)) {
    if (isBridge === true && way === "resolves later, twice") continue
    for (const cancelAt of cancels) {
      const seen = await play(way, cancelAt, () => run(fault))
      if (cancelAt !== null) continue
      expect(seen.errors, way).toEqual([])
      expect(isDropped === true ? "first" : seen.values[0], way).toBe("first")
    }
  }
}

async function play(
  text: string,
  cancelAt: number | null,
  program: () => unknown,
): ReturnType<typeof playFault> {
  try {
    return await playFault(program, cancelAt)
  } catch (error) {
    throw new Error(`${text}: ${error instanceof Error ? error.message : "an odd value"}`, { cause: error })
  }
}

describe("what a function of the user throws reaches somebody, as it was thrown", () => {
  it.each(callbackSites.map((site) => ({ title: site.title, site })))("$title", async ({ site }) => {
    expect(await noise(() => playAll(site))).toEqual([])
  })
  afterAll(() => expectCount(10_000))
})
