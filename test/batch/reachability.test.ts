// Whether there is a server: when one pauses, for how long, and when it is given up.
import { describe, expect, it } from "vitest"
import { Reachability } from "../../src/batch/reachability.ts"
import { sleep } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** As many failures as are borne before the run pauses. */
function failing(): Reachability {
  const server = new Reachability()
  for (let failure = 0; failure < 4; failure += 1) expect(server.failed(now())).toEqual({ kind: "alone" })
  return server
}

describe("Reachability", () => {
  it("pauses after four failures in a row, ever longer, and gives up a server that was never there", () =>
    runVirtual(async () => {
      const server = failing()
      for (const delay of [500, 1000, 2000, 4000, 8000]) {
        expect(server.failed(now())).toEqual({ kind: "pause", delay })
        await sleep(delay)
      }
      expect(server.failed(now())).toEqual({ kind: "hopeless" })
    }))

  it("has one pause for all whose attempts had begun before it", () =>
    runVirtual(async () => {
      const server = failing()
      const begun = now()
      await sleep(100)
      expect(server.failed(begun)).toEqual({ kind: "pause", delay: 500 })
      await sleep(200)
      for (let other = 0; other < 20; other += 1)
        expect(server.failed(begun)).toEqual({ kind: "pause", delay: 300 })
      await sleep(300)
      expect(server.failed(now())).toEqual({ kind: "pause", delay: 1000 })
    }))

  it("begins anew after an answer, and bears much more then", () =>
    runVirtual(async () => {
      const server = failing()
      server.answered()
      for (let failure = 0; failure < 4; failure += 1) expect(server.failed(now())).toEqual({ kind: "alone" })
      for (let round = 0; round < 20; round += 1) {
        const unreached = server.failed(now())
        expect(unreached.kind).toBe("pause")
        if (unreached.kind === "pause") await sleep(unreached.delay)
      }
      expect(server.failed(now())).toEqual({ kind: "hopeless" })
    }))
})
