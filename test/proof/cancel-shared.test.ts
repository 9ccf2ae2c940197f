// Whatever waits for something that threads share, cancelled at every one of its waits.
import { describe, expect, it } from "vitest"
import { cancelInShared } from "./cancel-in-shared.ts"
import { cancelEverywhere } from "./cancel-rig.ts"

describe("cancelled at every wait, in the turn it is served, and twice", () => {
  it.each(cancelInShared.map((scenario) => ({ title: scenario.title, scenario })))(
    "$title",
    async ({ scenario }) => {
      expect(await cancelEverywhere(scenario)).toBeGreaterThan(10)
    },
  )
})
