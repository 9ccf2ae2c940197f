// A run that leaves nothing behind, or says what.
import { describe, expect, it } from "vitest"
import type { TimerEntry } from "../../src/core/lowlevel.ts"
import { startTimer, stopTimer } from "../../src/core/lowlevel.ts"
import type { Problem } from "../../src/index.ts"
import { createTask, sleep } from "../../src/index.ts"
import { LeakError, now, runVirtual } from "../../src/testing/index.ts"

describe("runVirtual()", () => {
  it("gives what main gives and throws what it throws", async () => {
    expect(await runVirtual(() => sleep(1000, "value"))).toBe("value")
    const mine = new Error("mine")
    await expect(
      runVirtual(async () => {
        await sleep(1)
        throw mine
      }),
    ).rejects.toBe(mine)
  })

  it("fails if a timer is left", async () => {
    const entry: TimerEntry = { heapIndex: -1, timerOrder: 0, dueAt: 1e6, fire() {} }
    const error: unknown = await runVirtual(async () => {
      startTimer(entry)
    }).catch((thrown: unknown) => thrown)
    stopTimer(entry)
    expect(error).toBeInstanceOf(LeakError)
    expect(error).toMatchObject({ leaks: ["1 timer, the first due at 1000000 ms"] })
  })

  it("fails if an error reached nobody, and gives it as the cause", async () => {
    const error: unknown = await runVirtual(async () => {
      void createTask(async () => {
        throw new Error("unseen")
      })
      await sleep(1)
    }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(LeakError)
    expect(error).toMatchObject({ cause: { message: "unseen" } })
  })

  it("hands problems to a handler that expects them", async () => {
    const problems: Problem[] = []
    await runVirtual(
      async () => {
        void createTask(async () => {
          throw new Error("expected")
        })
        await sleep(1)
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toMatchObject([{ error: { message: "expected" } }])
  })

  it("an undefined handler is no handler: the problem fails the test", async () => {
    await expect(
      runVirtual(
        async () => {
          void createTask(async () => {
            throw new Error("unseen")
          })
          await sleep(1)
        },
        { onProblem: undefined },
      ),
    ).rejects.toBeInstanceOf(LeakError)
  })

  it("cancels and awaits what main leaves running, as run does", async () => {
    const log: string[] = []
    await runVirtual(async () => {
      void createTask(async () => {
        try {
          await sleep(1e9)
        } finally {
          await sleep(5)
          log.push(`ended at ${now()}`)
        }
      })
      await sleep(10)
    })
    expect(log).toEqual(["ended at 15"])
  })

  it("each run has a time of its own", async () => {
    for (let i = 0; i < 3; i += 1) {
      expect(
        await runVirtual(async () => {
          await sleep(5)
          return now()
        }),
      ).toBe(5)
    }
  })
})
