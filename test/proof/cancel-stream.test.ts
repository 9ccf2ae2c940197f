// Streams of bytes, cancelled at every one of their waits; none of their public names that waits is left out.
import { describe, expect, it } from "vitest"
import { cancelInStream } from "./cancel-in-stream.ts"
import { cancelEverywhere } from "./cancel-rig.ts"
import { waitingNames } from "./waiting-names.ts"

describe("cancelled at every wait, in the turn it is served, and twice", () => {
  it.each(cancelInStream.map((scenario) => ({ title: scenario.title, scenario })))(
    "$title",
    async ({ scenario }) => {
      expect(await cancelEverywhere(scenario)).toBeGreaterThan(10)
    },
  )
})

it("every public function and method of a stream that waits has a scenario", () => {
  const covered = new Set(cancelInStream.flatMap(({ names }) => names))
  // There is nothing to cancel in memory: its handshake is cancelled in test/net/server.test.ts.
  const elsewhere = ["StreamWriter.startTls"]
  expect(waitingNames("stream").filter((name) => !covered.has(name))).toEqual(elsewhere)
})
