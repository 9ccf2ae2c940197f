import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { DeadlineItem } from "../../src/base/deadlines.ts"
import { Deadlines } from "../../src/base/deadlines.ts"

let order = 0

function item(dueAt: number, hasLinks = true): DeadlineItem {
  order += 1
  const bare = { heapIndex: -1, dueAt, timerOrder: order }
  return hasLinks ? { ...bare, nextDue: null, previousDue: null } : bare
}

function drain(deadlines: Deadlines<DeadlineItem>): DeadlineItem[] {
  const all: DeadlineItem[] = []
  for (let first = deadlines.peek(); first !== undefined; first = deadlines.peek()) {
    deadlines.remove(first)
    all.push(first)
  }
  return all
}

describe("Deadlines", () => {
  it("gives the first one due first, ties in order of arrival", () => {
    const deadlines = new Deadlines<DeadlineItem>()
    const items = [3, 1, 2, 1, 3].map((dueAt) => item(dueAt))
    for (const one of items) deadlines.push(one)
    expect(deadlines.size).toBe(5)
    expect(drain(deadlines)).toEqual([items[1], items[3], items[2], items[0], items[4]])
    expect([deadlines.size, deadlines.peek()]).toEqual([0, undefined])
  })

  it("takes an item out of the middle, once, and takes it in again", () => {
    const deadlines = new Deadlines<DeadlineItem>()
    const [one, two, three] = [item(1), item(2), item(3)]
    for (const each of [one, two, three]) deadlines.push(each)
    expect([deadlines.remove(two), deadlines.remove(two), two.heapIndex]).toEqual([true, false, -1])
    expect([two.nextDue, two.previousDue]).toEqual([null, null])
    two.dueAt = 0
    deadlines.push(two)
    expect(drain(deadlines)).toEqual([two, one, three])
  })

  it("keeps the order whatever comes and goes, with links and without, in more lists than it has", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), dueAt: fc.nat(50), hasLinks: fc.boolean() }),
      fc.record({ kind: fc.constant("remove" as const), at: fc.nat(100) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const deadlines = new Deadlines<DeadlineItem>()
        const model: DeadlineItem[] = []
        for (const step of steps) {
          let wasIn = true
          if (step.kind === "push") {
            const one = item(step.dueAt, step.hasLinks)
            deadlines.push(one)
            model.push(one)
          } else if (model.length > 0) {
            const [gone] = model.splice(step.at % model.length, 1)
            wasIn = gone !== undefined && deadlines.remove(gone)
          }
          expect(wasIn).toBe(true)
          model.sort((a, b) => a.dueAt - b.dueAt || a.timerOrder - b.timerOrder)
          expect(deadlines.peek()).toBe(model[0])
          expect(deadlines.size).toBe(model.length)
          expect(new Set(deadlines)).toEqual(new Set(model))
        }
        const rest = drain(deadlines)
        expect(rest.map(({ timerOrder }) => timerOrder)).toEqual(model.map(({ timerOrder }) => timerOrder))
      }),
    )
  })
})
