// Tasks, groups, scopes, futures and bridges, cancelled at every one of their waits.
import { describe, expect, it } from "vitest"
import { cancelInCore } from "./cancel-in-core.ts"
import { cancelEverywhere } from "./cancel-rig.ts"

describe("cancelled at every wait, in the turn it is served, and twice", () => {
  it.each(cancelInCore.map((scenario) => ({ title: scenario.title, scenario })))(
    "$title",
    async ({ scenario }) => {
      expect(await cancelEverywhere(scenario)).toBeGreaterThan(10)
    },
  )
})
