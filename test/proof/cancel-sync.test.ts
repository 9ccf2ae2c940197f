// Whatever waits in line, cancelled at every one of its waits.
import { describe, expect, it } from "vitest"
import { cancelInSync } from "./cancel-in-sync.ts"
import { cancelEverywhere } from "./cancel-rig.ts"

describe("cancelled at every wait, in the turn it is served, and twice", () => {
  it.each(cancelInSync.map((scenario) => ({ title: scenario.title, scenario })))(
    "$title",
    async ({ scenario }) => {
      expect(await cancelEverywhere(scenario)).toBeGreaterThan(10)
    },
  )
})
