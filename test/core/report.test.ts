import { describe, expect, it } from "vitest"
import type { Problem } from "../../src/core/index.ts"
import { createTask, getRunningLoop } from "../../src/core/index.ts"
import { callerLocation, framesOf } from "../../src/base/frames.ts"
import { deliverProblem, reportProblem, writeProblem } from "../../src/core/report.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { sleep } from "../../src/time/index.ts"

/** What `write` writes to stderr. */
function written(write: () => void): string {
  const original = process.stderr.write
  let text = ""
  process.stderr.write = (chunk: string) => {
    text += chunk
    return true
  }
  try {
    write()
  } finally {
    process.stderr.write = original
  }
  return text
}

describe("reports", () => {
  it("LOOP-17: name message, task, line and error", () => {
    const error = new Error("E")
    expect(
      written(() => writeProblem({ message: "It broke", task: 'task "t"', location: "file.ts:1", error })),
    ).toBe(`tsyncio: It broke in task "t" at file.ts:1\n${error.stack}\n`)
    expect(written(() => writeProblem({ message: "It broke" }))).toBe("tsyncio: It broke\n")
    expect(written(() => writeProblem({ message: "It broke", error: "text" }))).toBe(
      "tsyncio: It broke\ntext\n",
    )
    const bare = new Error("no stack")
    delete bare.stack
    expect(written(() => writeProblem({ message: "It broke", error: bare }))).toContain("Error: no stack")
  })

  it("reach the handler; when it throws, both are written", () => {
    const seen: Problem[] = []
    deliverProblem((problem) => seen.push(problem), { message: "m" })
    expect(seen).toEqual([{ message: "m" }])
    const text = written(() =>
      deliverProblem(
        () => {
          throw new Error("handler")
        },
        { message: "m" },
      ),
    )
    expect(text).toContain("The problem handler itself threw\nError: handler")
    expect(text).toContain("tsyncio: m\n")
    reportProblem({ home: { handler: (problem) => seen.push(problem) } }, { message: "n" })
    expect(seen).toHaveLength(2)
  })

  it("callerLocation() is the first line that is not the runtime's own", () => {
    expect(callerLocation()).toContain("report.test.ts")
    const limit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    try {
      expect(callerLocation()).toBeUndefined()
    } finally {
      Error.stackTraceLimit = limit
    }
  })
})

describe("an error that throws when it is looked at", () => {
  it("is written all the same", () => {
    const error = new Error("hidden")
    Object.defineProperty(error, "stack", {
      get: () => {
        throw new Error("do not look")
      },
    })
    expect(written(() => writeProblem({ message: "It failed", error }))).toContain("It failed")
  })

  it("an error without a stack has no lines", () => {
    const error = Object.assign(new Error("bare"), { stack: undefined })
    expect(framesOf(error as unknown as Error)).toEqual([])
  })
})

describe("a body that swallows its cancel, when debug mode was turned on while it was parked", () => {
  it("E3: is reported without the line, which was not recorded", async () => {
    const problems: Problem[] = []
    await runVirtual(
      async () => {
        const task = createTask(() => sleep(1000).catch(() => "went on"), { name: "deaf" })
        await sleep(1)
        getRunningLoop().debug = true
        task.cancel()
        expect(await task).toBe("went on")
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toEqual([{ message: expect.stringContaining('task "deaf" swallowed a CancelledError') }])
  })
})
