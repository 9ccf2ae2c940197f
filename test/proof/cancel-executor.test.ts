// What waits for jobs, cancelled at every one of its waits; and threads under cancels at any time: nothing is lost.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { gather, isCancelled, run, sleep } from "../../src/index.ts"
import type { Future } from "../../src/index.ts"
import { InlineExecutor, ThreadExecutor, inline } from "../../src/executor/index.ts"
import type { Scenario } from "./cancel-rig.ts"
import { cancelEverywhere } from "./cancel-rig.ts"

const work = (): Promise<string> => sleep(3, "worked")

const scenarios: Scenario[] = [
  {
    title: "submit",
    names: ["InlineExecutor.submit"],
    stage: () => {
      const executor = new InlineExecutor({ maxWorkers: 1 })
      return {
        before: [() => executor.submit(work)],
        victim: async () => executor.submit(work),
        beside: [() => executor.submit(work)],
        after: async () => {
          expect(executor.statistics()).toMatchObject({ busy: 0, queued: 0 })
          await executor.close()
        },
      }
    },
  },
  {
    title: "map",
    names: ["InlineExecutor.map"],
    stage: () => {
      const executor = new InlineExecutor({ maxWorkers: 2 })
      return {
        victim: async () => {
          const seen: string[] = []
          for await (const value of executor.map([1, 2, 3], work)) seen.push(value)
          return String(seen.length)
        },
        after: async () => {
          expect(executor.statistics()).toMatchObject({ busy: 0, queued: 0 })
          await executor.close()
        },
      }
    },
  },
  {
    title: "waitForRoom and close",
    names: ["InlineExecutor.waitForRoom", "InlineExecutor.close"],
    onSignal: "reason",
    stage: () => {
      const executor = new InlineExecutor({ maxWorkers: 1, maxQueue: 0 })
      return {
        before: [() => executor.submit(work)],
        victim: async (limits) => {
          await executor.waitForRoom(limits)
          await executor.close(limits)
          return "closed"
        },
        after: async () => {
          expect(executor.statistics()).toMatchObject({ busy: 0, queued: 0, waiting: 0 })
          await executor.close()
        },
      }
    },
  },
]

describe("cancelled at every wait, in the turn it is served, and twice", () => {
  it.each(scenarios.map((scenario) => ({ title: scenario.title, scenario })))(
    "$title",
    async ({ scenario }) => {
      expect(await cancelEverywhere(scenario)).toBeGreaterThan(5)
    },
  )
})

describe("threads under cancels at any time", () => {
  it("come to the right value or to a cancel, each job once, and go on", async () => {
    const job = inline(async (n: number, turns: number) => {
      for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
      return n
    })
    const plan = fc.array(
      fc.record({ turns: fc.integer({ min: 0, max: 3 }), cancelAfter: fc.integer({ min: -1, max: 6 }) }),
      {
        minLength: 1,
        maxLength: 40,
      },
    )
    await run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 2, grace: 5000 })
      await executor.warmUp(job)
      await fc.assert(
        fc.asyncProperty(plan, async (jobs) => {
          const futures = jobs.map(({ turns }, n) => executor.submit(job, n, turns))
          for (let turn = 0; turn <= 6; turn += 1) {
            for (const [n, { cancelAfter }] of jobs.entries()) if (cancelAfter === turn) futures[n]?.cancel()
            await sleep(0)
          }
          const ends = await gather(futures.map((future) => () => endOf(future)))
          for (const [n, end] of ends.entries()) {
            const mayBeCancelled = (jobs[n]?.cancelAfter ?? -1) >= 0
            expect(end === n || (mayBeCancelled && isCancelled(end))).toBe(true)
          }
          expect(executor.statistics()).toMatchObject({ busy: 0, queued: 0, lost: 0, failed: 0, workers: 2 })
        }),
        { numRuns: 40 },
      )
      const { completed, cancelled } = executor.statistics()
      expect(completed + cancelled).toBeGreaterThan(40)
    })
  })
})

async function endOf(future: Future<unknown>): Promise<unknown> {
  return future.join().then(
    (value) => value,
    (error: unknown) => error,
  )
}
