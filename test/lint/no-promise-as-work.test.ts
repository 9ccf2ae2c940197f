import { describe, expect, it } from "vitest"
import { lint } from "./planted-lint.ts"

const rule = "no-promise-as-work"

describe("no-promise-as-work", () => {
  it("finds a call where one work is expected", () => {
    const program = `import * as aio from "tsyncio"
import { createTask, run, shield, taskGroup, timeout, waitFor } from "tsyncio"
declare const queue: { get(): Promise<string> }
declare function work(): Promise<void>

void waitFor(queue.get(), 10)
void shield(work())
void timeout(10, work())
void createTask(work?.())
void run((async () => {})())
void aio.retry(work(), { attempts: 2, delay: 1 })
void taskGroup(async (group) => {
  group.createTask(work())
})
`
    expect(lint(rule, program)).toEqual([
      "6: queue.get()",
      "7: work()",
      "8: work()",
      "9: work?.()",
      "10: (async () => {})()",
      "11: work()",
      "13: work()",
    ])
  })

  it("finds calls in a list of works, written out, spread or made by map", () => {
    const program = `import { asCompleted, gather, race, wait } from "tsyncio"
declare const urls: string[]

void gather([fetch("/a"), () => fetch("/b"), fetch("/c") as never])
void race([urls.length > 1 ? fetch("/a") : () => fetch("/b")])
void wait([...urls.map((url) => fetch(url))])
void gather(urls.map((url) => fetch(url)))
void gather(urls.map(async (url) => url))
void asCompleted([new Promise(() => {}), Promise.resolve(1), import("tsyncio")])
`
    expect(lint(rule, program)).toEqual([
      '4: fetch("/a")',
      '4: fetch("/c")',
      '5: fetch("/a")',
      "6: fetch(url)",
      "7: fetch(url)",
      "8: async (url) => url",
      "9: new Promise(() => {})",
      "9: Promise.resolve(1)",
      '9: import("tsyncio")',
    ])
  })

  it("lets pass functions, names, and calls that give work", () => {
    const program = `import { Future, createTask, gather, once, shield, taskGroup, timeout, wait, waitFor } from "tsyncio"
import { type ThreadExecutor, toThread } from "tsyncio/executor"
declare const items: number[]
declare const object: { load(): Promise<void> }
declare const square: (n: number) => number
declare const pool: ThreadExecutor
declare const executor: ThreadExecutor

const later = (ms: number) => async () => ms
function twice(work: () => number) {
  if (items.length === 0) return () => 0
  return () => work() * 2
}

export async function main(work: () => Promise<number>, running: never): Promise<void> {
  await waitFor(() => work(), 10)
  await waitFor(shield(createTask(work)), 10)
  await gather([later(1), twice(() => 1), running, new Future<number>(), once(work)])
  await gather(items.map((item) => () => later(item)()))
  await gather(items.map((item) => createTask(later(item))))
  await gather(items.map((item) => pool.submit(square, item)))
  await gather([toThread(square, 1), executor.with({ timeout: 5 }).submit(square, 2)])
  await timeout(10, object.load.bind(object))
  await taskGroup(async (group) => {
    await wait(items.map((item) => group.createTask(() => item)))
  })
  await Promise.all([work(), object.load()])
}
`
    expect(lint(rule, program)).toEqual([])
  })

  it("lets pass functions of other modules that are called alike", () => {
    const program = `import { race, timeout } from "p-tools"
import { gather } from "tsyncio"

void timeout(10, fetch("/a"))
void race([fetch("/a")])

export function main(gather: (all: Promise<unknown>[]) => void): void {
  gather([fetch("/a")])
}

export const used: unknown = gather
`
    expect(lint(rule, program)).toEqual([])
  })

  it("lets pass what `allow` names", () => {
    const program = `import { gather } from "tsyncio"
import { delayed, kitchen } from "./kitchen.ts"

void gather([delayed(1), kitchen.order(2), kitchen.cook(3)])
`
    expect(lint(rule, program, { allow: ["delayed", "order"] })).toEqual(["4: kitchen.cook(3)"])
  })
})
