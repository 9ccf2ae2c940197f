// What waits for processes and signals, cancelled at every one of its waits; none of the public names that wait is left out.
import { describe, expect, it } from "vitest"
import { cancelInProcess } from "./cancel-in-process.ts"
import { cancelEverywhere } from "./cancel-rig.ts"
import { waitingNames } from "./waiting-names.ts"

// /proc tells which children are left; elsewhere nothing does.
describe.runIf(process.platform === "linux")(
  "cancelled at every wait, in the turn it is served, and twice",
  () => {
    it.each(cancelInProcess.map((scenario) => ({ title: scenario.title, scenario })))(
      "$title",
      async ({ scenario }) => {
        expect(await cancelEverywhere(scenario)).toBeGreaterThan(10)
      },
    )
  },
)

it("every public function and method of the processes that waits has a scenario, and every scenario a name", () => {
  const covered = new Set(cancelInProcess.flatMap(({ names }) => names))
  expect([...covered].toSorted()).toEqual(waitingNames("process"))
})
