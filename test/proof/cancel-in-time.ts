// Time and limits on it: small programs around each public function that waits for the clock.
import { expect } from "vitest"
import {
  checkpoint,
  every,
  isCancelled,
  moveOnAfter,
  sleep,
  sleepUntil,
  timeout,
  timeoutAt,
} from "../../src/index.ts"
import { now } from "../../src/testing/index.ts"
import type { Scenario } from "./cancel-rig.ts"

/** Scenarios of the room time. */
export const cancelInTime: readonly Scenario[] = [
  {
    title: "sleep",
    names: ["sleep"],
    onSignal: "reason",
    stage: () => ({
      victim: async (limits) => {
        await sleep(2, undefined, limits)
        await sleep(0, undefined, limits)
        return await sleep(1, "awake", limits)
      },
    }),
  },
  {
    title: "sleepUntil",
    names: ["sleepUntil"],
    onSignal: "reason",
    stage: () => ({
      victim: async (limits) => {
        const start = now()
        await sleepUntil(start + 2, limits)
        await sleepUntil(start, limits)
        return "awake"
      },
    }),
  },
  {
    title: "checkpoint",
    names: ["checkpoint"],
    stage: () => ({
      // It waits only when the time slice is used up, which a virtual clock never is: the pauses are the waits.
      victim: async () => {
        for (let i = 0; i < 3; i += 1) {
          await checkpoint()
          await sleep(1)
        }
        return "computed"
      },
    }),
  },
  {
    title: "every",
    names: ["every"],
    onSignal: "reason",
    stage: (world) => ({
      victim: async (limits) => {
        let ticks = 0
        const end = new Error("enough")
        try {
          await every(
            2,
            async (tick) => {
              if (tick === 3) throw end
              await world.finalizing(() => sleep(1))
              ticks += 1
            },
            limits,
          )
        } catch (error) {
          if (error !== end) throw error
        }
        return ticks
      },
    }),
  },
  ...[timeout, moveOnAfter].map((limited): Scenario => ({
    title: `${limited.name}: in time`,
    names: [limited.name],
    stage: (world) => ({
      victim: () => limited(10, () => world.finalizing(() => sleep(2, "in time"))),
    }),
  })),
  {
    title: "timeout: runs out, and is nested",
    names: ["timeout"],
    stage: (world) => ({
      victim: async () => {
        try {
          return await timeout(5, () => timeout(3, () => world.finalizing(() => sleep(100))))
        } catch (error) {
          if (isCancelled(error)) throw error
          return (error as Error).message
        }
      },
    }),
  },
  {
    title: "moveOnAfter: runs out",
    names: ["moveOnAfter"],
    stage: (world) => ({
      victim: () => moveOnAfter(3, () => world.finalizing(() => sleep(100))),
    }),
  },
  {
    title: "timeoutAt",
    names: ["timeoutAt"],
    stage: (world) => ({
      victim: () => {
        const start = now()
        return timeoutAt(start + 10, async (scope) => {
          expect(scope.when()).toBe(start + 10)
          return world.finalizing(() => sleep(2, "in time"))
        })
      },
    }),
  },
]
