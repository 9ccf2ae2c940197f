// What waits for the disk, cancelled at every one of its waits; none of the public names that wait is left out.
import { afterAll, describe, expect, it } from "vitest"
import { until } from "../process/process-tree.ts"
import { cancelInFs, leftOnDisk, removePlays } from "./cancel-in-fs.ts"
import { cancelEverywhere } from "./cancel-rig.ts"
import { waitingNames } from "./waiting-names.ts"

afterAll(removePlays)

describe("cancelled at every wait, in the turn it is served, and twice", () => {
  it.each(cancelInFs.map((scenario) => ({ title: scenario.title, scenario })))(
    "$title",
    async ({ scenario }) => {
      expect(await cancelEverywhere(scenario)).toBeGreaterThan(10)
      // Who is cancelled twice leaves before the disk is through; what it asked for is taken back then.
      await until(() => leftOnDisk().length === 0)
    },
  )
})

it("every public function and method of the files that waits has a scenario, and every scenario a name", () => {
  const covered = new Set(cancelInFs.flatMap(({ names }) => names))
  expect([...covered].toSorted()).toEqual(waitingNames("fs"))
})
