// Several works at once and one several times, cancelled at every one of their waits.
import { describe, expect, it } from "vitest"
import { cancelInCombine } from "./cancel-in-combine.ts"
import { cancelEverywhere } from "./cancel-rig.ts"

describe("cancelled at every wait, in the turn it is served, and twice", () => {
  it.each(cancelInCombine.map((scenario) => ({ title: scenario.title, scenario })))(
    "$title",
    async ({ scenario }) => {
      expect(await cancelEverywhere(scenario)).toBeGreaterThan(10)
    },
  )
})
