// The least first, ties in order of arrival, whatever the comparison does.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Problem } from "../../src/index.ts"
import { compareItems } from "../../src/sync/compare-items.ts"
import { PriorityStore } from "../../src/sync/priority-store.ts"
import { runVirtual } from "../../src/testing/index.ts"

interface Job {
  readonly rank: number
  readonly name: string
}

const byRank = (a: Job, b: Job): number => a.rank - b.rank

function drain<T>(store: PriorityStore<T>): T[] {
  const items: T[] = []
  while (store.size > 0) items.push(store.shift())
  return items
}

describe("PriorityStore", () => {
  it("gives what a stable sort gives", () => {
    const jobs = fc.array(fc.record({ rank: fc.nat(5), name: fc.string() }), { maxLength: 50 })
    fc.assert(
      fc.property(jobs, (items) => {
        const store = new PriorityStore(byRank)
        for (const item of items) store.push(item)
        expect(drain(store)).toEqual(items.toSorted(byRank))
      }),
    )
  })

  it("an item that comes back has its old place among equal ones", () => {
    const store = new PriorityStore(byRank)
    for (const name of ["a", "b", "c"]) store.push({ rank: 1, name })
    const first = store.shift()
    store.push({ rank: 1, name: "d" })
    store.unshift(first)
    expect(drain(store).map(({ name }) => name)).toEqual(["a", "b", "c", "d"])
  })

  it("takes out the youngest that is an item", () => {
    const job: Job = { rank: 1, name: "a" }
    const store = new PriorityStore(byRank)
    for (const item of [job, { rank: 1, name: "b" }, job]) store.push(item)
    expect(store.remove(job)).toBe(true)
    expect(store.remove({ rank: 1, name: "b" })).toBe(false)
    expect(drain(store).map(({ name }) => name)).toEqual(["a", "b"])
  })

  it("holds nothing after clear(), and can be used again", () => {
    const store = new PriorityStore<number>(compareItems)
    for (const item of [3, 1, 2]) store.push(item)
    store.clear()
    expect(store.size).toBe(0)
    for (const item of [2, 1]) store.push(item)
    expect(drain(store)).toEqual([1, 2])
  })

  it("check() refuses what gives no number, alone and beside what is here", () => {
    const store = new PriorityStore<{ rank?: number }>((a, b) => (a.rank as number) - (b.rank as number))
    expect(() => store.check({})).toThrow("Expected `compare` to give a number, got `NaN` (number)")
    store.check({ rank: 1 })
    store.push({ rank: 1 })
    expect(() => store.check({})).toThrow(TypeError)
    const isLess = (a: number, b: number): boolean => a < b
    expect(() => new PriorityStore<number>(isLess as never).check(1)).toThrow(
      "Expected `compare` to give a number, got `false` (boolean)",
    )
  })

  it("a comparison that fails later is reported, and the two stand in order of arrival; nothing is lost", async () => {
    const problems: Problem[] = []
    const fault = new Error("cannot compare")
    await runVirtual(
      async () => {
        let isBroken = false
        const store = new PriorityStore<number>((a, b) => {
          if (isBroken) throw fault
          return a - b
        })
        for (const item of [5, 4, 3]) store.push(item)
        isBroken = true
        for (const item of [2, 1]) store.push(item)
        expect(drain(store).toSorted(compareItems)).toEqual([1, 2, 3, 4, 5])
      },
      { onProblem: (problem) => void problems.push(problem) },
    )
    expect(problems[0]).toMatchObject({
      message: "Items of a priority queue cannot be compared",
      error: fault,
    })
  })
})
