// Waits for the clock and limits on it, cancelled at every one of their waits.
import { describe, expect, it } from "vitest"
import { cancelInTime } from "./cancel-in-time.ts"
import { cancelEverywhere } from "./cancel-rig.ts"

describe("cancelled at every wait, in the turn it is served, and twice", () => {
  it.each(cancelInTime.map((scenario) => ({ title: scenario.title, scenario })))(
    "$title",
    async ({ scenario }) => {
      expect(await cancelEverywhere(scenario)).toBeGreaterThan(10)
    },
  )
})
