// Runs, runners and loops, aborted at every wait of their main function.
import { describe, expect, it } from "vitest"
import { onVirtualClock } from "../core/on-virtual-clock.ts"
import { cancelInRuns, playRun } from "./cancel-in-runs.ts"

describe("aborted at every wait of main", () => {
  it.each(cancelInRuns.map((scenario) => ({ title: scenario.title, scenario })))("$title", ({ scenario }) =>
    onVirtualClock(async () => {
      const parks = await playRun(scenario, Infinity)
      expect(parks).toBeGreaterThan(5)
      for (let index = -1; index < parks; index += 1) await playRun(scenario, index)
    }),
  )
})
