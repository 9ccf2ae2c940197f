import { describe, expect, it } from "vitest"
import type { Task } from "../../src/core/index.ts"
import { createTask, run } from "../../src/core/index.ts"
import { addInstrument } from "../../src/core/lowlevel.ts"
import { instrument } from "../../src/core/instrument.ts"
import { sleep } from "../../src/time/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

const name = (task: object): string => (task as Task<unknown>).name

describe("instruments", () => {
  it("hear of tasks, waits and requests, in order", () =>
    runVirtual(async () => {
      const log: string[] = []
      const remove = addInstrument({
        taskCreated: (task) => log.push(`created ${name(task)}`),
        taskStarted: (task) => log.push(`started ${name(task)}`),
        taskEnded: (task) => log.push(`ended ${name(task)}`),
        waitParked: (wait) => log.push(`parked ${(wait as { kind: string }).kind}`),
        waitEnded: (wait) => log.push(`woken ${(wait as { kind: string }).kind}`),
        scopeCancelled: (scope, error) =>
          log.push(`cancelled ${(scope as { describe(): string }).describe()}: ${error.message}`),
      })
      const task = createTask(() => sleep(5), { name: "t" })
      await sleep(1)
      task.cancel("why")
      await task.then(
        () => {},
        () => {},
      )
      remove()
      void createTask(() => 1)
      expect(log).toEqual([
        "created t",
        "parked sleep",
        "started t",
        "parked sleep",
        "woken sleep",
        'cancelled task "t": Cancelled: why',
        "parked future",
        "woken sleep",
        "ended t",
        "woken future",
      ])
    }))

  it("may be several, each taken out by itself, and none costs nothing", () =>
    run(async () => {
      const log: string[] = []
      expect(instrument.current).toBeNull()
      const first = addInstrument({ taskCreated: () => log.push("first") })
      const second = addInstrument({
        taskCreated: () => log.push("second"),
        taskEnded: () => log.push("ended"),
      })
      await createTask(() => 1)
      first()
      first()
      await createTask(() => 2)
      second()
      await createTask(() => 3)
      expect(log).toEqual(["first", "second", "ended", "second", "ended"])
      expect(instrument.current).toBeNull()
    }))

  it("every hook is handed on to every instrument", () =>
    runVirtual(async () => {
      const counts = [0, 0]
      const removes = counts.map((_, i) => {
        const count = (): void => {
          counts[i] = (counts[i] ?? 0) + 1
        }
        return addInstrument({
          taskCreated: count,
          taskStarted: count,
          taskEnded: count,
          waitParked: count,
          waitEnded: count,
          scopeCancelled: count,
        })
      })
      const task = createTask(() => sleep(5))
      await sleep(0)
      task.cancel()
      await sleep(0)
      for (const remove of removes) remove()
      // Created, started, ended, cancelled; and three waits, each parked and ended.
      expect(counts).toEqual([10, 10])
    }))
})
