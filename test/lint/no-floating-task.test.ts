import { describe, expect, it } from "vitest"
import { lint } from "./planted-lint.ts"

const rule = "no-floating-task"

describe("no-floating-task", () => {
  it("finds a task that is started and let go of, under each name it has", () => {
    const program = `import { createTask, createTask as start, ensureFuture } from "tsyncio"
import * as aio from "tsyncio"

export function main(work: () => Promise<void>, isLate: boolean): void {
  createTask(work)
  start(work, { name: "a" })
  aio.createTask(work)
  ensureFuture(work)
}
`
    expect(lint(rule, program)).toEqual([
      "5: createTask(work)",
      '6: start(work, { name: "a" })',
      "7: aio.createTask(work)",
      "8: ensureFuture(work)",
    ])
  })

  it("finds it behind a condition, in a branch and between commas", () => {
    const program = `import { createTask } from "tsyncio"

export function main(a: () => void, b: () => void, isLate: boolean): void {
  isLate && createTask(a)
  isLate ? createTask(a) : createTask(b)
  createTask(a), createTask(b)
  createTask(a)!
}
`
    expect(lint(rule, program).map((line) => line.slice(0, 1))).toEqual(["4", "5", "5", "6", "6", "7"])
  })

  it("lets pass what is kept, awaited, returned, in a group, or meant", () => {
    const program = `import { createTask, taskGroup } from "tsyncio"

export async function main(work: () => Promise<void>): Promise<unknown> {
  void createTask(work)
  await createTask(work)
  const task = createTask(work)
  createTask(work).cancel()
  await taskGroup((group) => {
    group.createTask(work)
  })
  const start = () => createTask(work)
  return [task, start, createTask(work)]
}
`
    expect(lint(rule, program)).toEqual([])
  })

  it("lets pass a function of that name that is not ours", () => {
    const program = `import { createTask } from "todo-list"
import { createTask as ours } from "tsyncio"

createTask("buy milk")

export function main(ours: () => void): void {
  ours()
}

export const used: unknown = ours
`
    expect(lint(rule, program)).toEqual([])
  })

  it("takes other modules for ours when it is told to", () => {
    const program = `import { createTask } from "../core/index.ts"

createTask(() => 1)
`
    expect(lint(rule, program)).toEqual([])
    expect(lint(rule, program, { modules: ["..", "."] })).toEqual(["3: createTask(() => 1)"])
  })
})
