// No public name that waits is without a scenario that cancels it.
import { expect, it } from "vitest"
import { cancelInCombine } from "./cancel-in-combine.ts"
import { cancelInCore } from "./cancel-in-core.ts"
import { cancelInRuns } from "./cancel-in-runs.ts"
import { cancelInSync } from "./cancel-in-sync.ts"
import { cancelInTime } from "./cancel-in-time.ts"
import { waitingNames } from "./waiting-names.ts"

/** Names that give a task or future which is there already, and wait for nothing. */
const notWaiting = new Set(["currentTask"])

it("every public function and method that waits has a scenario, and every scenario a name", () => {
  const scenarios = [...cancelInCore, ...cancelInTime, ...cancelInSync, ...cancelInCombine, ...cancelInRuns]
  const covered = new Set(scenarios.flatMap(({ names }) => names))
  const names = waitingNames()
  expect(names.length).toBeGreaterThan(80)
  expect(names.filter((name) => !covered.has(name) && !notWaiting.has(name))).toEqual([])
  expect([...covered].filter((name) => !names.includes(name))).toEqual([])
})
