import { describe, expect, it } from "vitest"
import { lint } from "./planted-lint.ts"

const rule = "no-swallowed-cancel"

/** A program whose handler stands in line 6. */
function withHandler(handler: string): string {
  return `import { CancelledError, isCancelled, matchErrors, rethrowCancelled, rethrowCancelled as pass } from "tsyncio"

export async function main(work: () => Promise<void>): Promise<unknown> {
  try {
    await work()
  } catch ${handler}
  return [CancelledError, isCancelled, matchErrors, rethrowCancelled, pass]
}
`
}

describe("no-swallowed-cancel", () => {
  it.each([
    "{}",
    "(error) { console.error(error) }",
    "(error) { return Promise.resolve(error) }",
    "(error) { setTimeout(() => { throw error }, 1) }",
  ])("finds a handler that goes on: catch %s", (handler) => {
    expect(lint(rule, withHandler(handler))).toEqual([`6: catch ${handler}`])
  })

  it.each([
    "(error) { throw error }",
    "(error) { if (!(error instanceof RangeError)) throw error }",
    "(error) { rethrowCancelled(error); console.error(error) }",
    "(error) { pass(error) }",
    "(error) { if (isCancelled(error)) return 1 }",
    "(error) { if (error instanceof CancelledError) return 1 }",
    "(error) { await matchErrors(error, []) }",
    "(error) { return Promise.reject(error) }",
  ])("lets pass a handler that thinks of cancels: catch %s", (handler) => {
    expect(lint(rule, withHandler(handler))).toEqual([])
  })

  it("knows what waits: await, for await, await using, and yield in a coroutine", () => {
    const program = `import { coroutine, dual } from "tsyncio"
declare const source: AsyncIterable<AsyncDisposable>
declare const step: never

export const waits = [
  async () => {
    try { for await (const item of source) console.log(item) } catch {}
  },
  async (thing: AsyncDisposable) => {
    try { await using held = thing; console.log(held) } catch {}
  },
  async function* () {
    try { yield await source[Symbol.asyncIterator]().next() } catch {}
  },
  coroutine(function* () {
    try { yield step } catch {}
  }),
  dual(function* () {
    try { yield* step } catch {}
  }),
]
`
    expect(lint(rule, program).map((line) => Number.parseInt(line, 10))).toEqual([7, 10, 13, 16, 19])
  })

  it("lets pass a handler around what no cancel can end", () => {
    const program = `import { stat } from "node:fs/promises"
import * as fs from "node:fs/promises"
declare function work(): Promise<void>

export async function main(): Promise<(() => Promise<void>)[]> {
  try { JSON.parse("{}") } catch {}
  try { await stat("a") } catch {}
  try { await fs.stat("a") } catch {}
  try { for (const item of [1]) console.log(item) } catch {}
  try { return [async () => work()] } catch { return [] }
}

export function* values(): Generator<number> {
  try { yield 1 } catch {}
}

try { await work() } catch {}
`
    expect(lint(rule, program)).toEqual([])
  })

  it("finds a second handler inside a first, and a wait inside a loop", () => {
    const program = `declare function work(): Promise<void>

export async function main(): Promise<void> {
  try {
    for (;;) {
      try {
        if (work.length > 0) await work()
      } catch (error) {
        console.error(error)
      }
    }
  } catch (error) {
    throw error
  }
}
`
    expect(lint(rule, program)).toEqual(["8: catch (error) {"])
  })

  it("finds `.catch` on an awaited call of ours that does not take the error", () => {
    const program = `import { createTask, rethrowCancelled, sleep } from "tsyncio"
declare function work(): Promise<void>

export async function main(): Promise<void> {
  await sleep(1).catch(() => {})
  await createTask(work).join().catch(() => null)
  await sleep(1).catch((error) => { rethrowCancelled(error) })
  await sleep(1).catch(() => Promise.reject(new Error("late")))
  await sleep(1).catch(() => { throw new Error("late") })
  await sleep(1).catch(rethrowCancelled)
  await work().catch(() => {})
  void sleep(1).catch(() => {})
}

await sleep(1).catch(() => {})
`
    expect(lint(rule, program)).toEqual(["5: () => {}", "6: () => null"])
  })
})
