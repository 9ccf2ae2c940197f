// Runs, runners and loops wait outside of every run: their main function is cancelled by the signal of the run.
import { expect } from "vitest"
import { EventLoop, Runner, createTask, isCancelled, run, sleep, taskGroup } from "../../src/index.ts"
import type { Problem } from "../../src/index.ts"
import { addInstrument } from "../../src/core/lowlevel.ts"
import { findLeaks } from "../../src/testing/index.ts"

/** A way to run a program that a signal can end. */
export interface RunScenario {
  readonly title: string
  readonly names: readonly string[]
  /** Runs `main` to its end; throws what the program throws. */
  readonly start: (
    main: () => Promise<string>,
    signal: AbortSignal,
    onProblem: (one: Problem) => void,
  ) => Promise<unknown>
}

/** Scenarios of what waits outside of every run. */
export const cancelInRuns: readonly RunScenario[] = [
  {
    title: "run",
    names: ["run"],
    start: (main, signal, onProblem) => run(main, { signal, onProblem, handleSignals: false }),
  },
  {
    title: "Runner: run and close",
    names: ["Runner.run", "Runner.close"],
    start: async (main, signal, onProblem) => {
      const runner = new Runner({ signal, onProblem, handleSignals: false })
      try {
        return await runner.run(main)
      } finally {
        await runner.close()
      }
    },
  },
  {
    title: "Runner: await using",
    names: ["Runner.[Symbol.asyncDispose]"],
    start: async (main, signal, onProblem) => {
      await using runner = new Runner({ signal, onProblem, handleSignals: false })
      return await runner.run(main)
    },
  },
  {
    title: "EventLoop: runUntilComplete",
    names: ["EventLoop.runUntilComplete"],
    start: async (main, signal, onProblem) => {
      const loop = new EventLoop({ onProblem })
      try {
        return await loop.runUntilComplete(loop.createTask(main, { signal }))
      } finally {
        await finish(loop)
      }
    },
  },
  {
    title: "EventLoop: runForever",
    names: ["EventLoop.runForever"],
    start: async (main, signal, onProblem) => {
      const loop = new EventLoop({ onProblem })
      const task = loop.createTask(main, { signal })
      task.addDoneCallback(() => loop.stop())
      try {
        await loop.runForever()
        return task.result()
      } finally {
        await finish(loop)
      }
    },
  },
]

/** Lets the tasks that are left come to their end, as a runner would. */
async function finish(loop: EventLoop): Promise<void> {
  await loop.runUntilComplete(() => sleep(100))
  loop.close()
}

/** How often main parks, and what is left of it when its signal aborts at the wait of that number. */
export async function playRun(scenario: RunScenario, index: number): Promise<number> {
  const controller = new AbortController()
  const problems: Problem[] = []
  let parks = 0
  let entered = 0
  let left = 0
  const section = async (ms: number): Promise<void> => {
    entered += 1
    try {
      await sleep(ms)
    } finally {
      left += 1
      await sleep(1)
    }
  }
  const main = async (): Promise<string> => {
    void createTask(() => section(3))
    await taskGroup(async (group) => {
      group.createTask(() => section(2))
      group.createTask(() => section(1))
    })
    await section(1)
    return "done"
  }
  const stopWatching = addInstrument({
    waitParked: () => {
      if (parks === index) queueMicrotask(() => controller.abort("stop"))
      parks += 1
    },
  })
  if (index === -1) controller.abort("stop")
  const text = `${scenario.title}, aborted at wait ${index}`
  try {
    const value = await scenario.start(main, controller.signal, (problem) => problems.push(problem))
    expect(value, text).toBe("done")
  } catch (error) {
    expect(isCancelled(error), `${text}: ${String(error)}`).toBe(true)
    expect((error as { reason: unknown }).reason, text).toBe("stop")
  } finally {
    stopWatching()
  }
  expect(left, text).toBe(entered)
  expect(problems, text).toEqual([])
  expect(findLeaks(), text).toEqual([])
  return parks
}
