import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Deque } from "../../src/base/deque.ts"
import { isCollected } from "../core/is-collected.ts"

const filled = (...items: number[]): Deque<number> => {
  const deque = new Deque<number>()
  for (const item of items) deque.push(item)
  return deque
}

describe("Deque", () => {
  it("gives items first in, first out", () => {
    const deque = filled(1, 2, 3)
    expect([deque.size, deque.peek(), deque.shift(), deque.shift(), deque.shift()]).toEqual([3, 1, 1, 2, 3])
    expect([deque.size, deque.peek(), deque.shift(), deque.pop()]).toEqual([
      0,
      undefined,
      undefined,
      undefined,
    ])
  })

  it("has two ends", () => {
    const deque = filled(2)
    deque.unshift(1)
    deque.push(3)
    expect([...deque]).toEqual([1, 2, 3])
    expect([deque.pop(), deque.shift(), deque.pop()]).toEqual([3, 1, 2])
  })

  it("keeps the order when the ring grows while it is wrapped", () => {
    const deque = new Deque<number>()
    for (let i = 0; i < 6; i += 1) deque.push(i)
    for (let i = 0; i < 5; i += 1) deque.shift()
    for (let i = 6; i < 40; i += 1) deque.push(i)
    expect([...deque]).toEqual(Array.from({ length: 35 }, (_, i) => i + 5))
  })

  it("holds undefined as an item", () => {
    const deque = new Deque<undefined>()
    deque.push(undefined)
    expect([deque.size, deque.shift(), deque.size]).toEqual([1, undefined, 0])
  })

  it("removeLast takes out the youngest of equal items and keeps the others in order", () => {
    const deque = filled(1, 2, 1, 3)
    expect(deque.removeLast(1)).toBe(true)
    expect([...deque]).toEqual([1, 2, 3])
    expect([deque.removeLast(4), deque.size]).toEqual([false, 3])
  })

  it("clear() empties it, for use again", () => {
    const deque = filled(1, 2, 3)
    deque.clear()
    expect([deque.size, deque.peek(), [...deque]]).toEqual([0, undefined, []])
    deque.push(4)
    expect([...deque]).toEqual([4])
  })

  it("keeps nothing alive that was taken out, at either end", async () => {
    const deque = new Deque<object>()
    const references = (["shift", "pop"] as const).map((end) => {
      const item = {}
      deque.push(item)
      expect(deque[end]()).toBe(item)
      return new WeakRef(item)
    })
    for (const reference of references) expect(await isCollected(reference)).toBe(true)
    expect(deque.size).toBe(0)
  })

  it("is in order again after a crowd has left it", () => {
    const deque = new Deque<number>()
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0; i < 10_000; i += 1) deque.push(i)
      for (let i = 0; i < 10_000; i += 1) expect(deque.shift()).toBe(i)
      expect(deque.size).toBe(0)
      expect(deque.shift()).toBeUndefined()
    }
  })

  it("does what a plain array does, whatever the sequence", () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), item: fc.nat(5) }),
      fc.record({ kind: fc.constant("unshift" as const), item: fc.nat(5) }),
      fc.record({ kind: fc.constant("removeLast" as const), item: fc.nat(5) }),
      fc.record({ kind: fc.constantFrom("shift" as const, "pop" as const, "clear" as const) }),
    )
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const deque = new Deque<number>()
        const model: number[] = []
        for (const step of operations) {
          let given: unknown[] = []
          if (step.kind === "push") {
            deque.push(step.item)
            model.push(step.item)
          } else if (step.kind === "unshift") {
            deque.unshift(step.item)
            model.unshift(step.item)
          } else if (step.kind === "removeLast") {
            const index = model.lastIndexOf(step.item)
            if (index >= 0) model.splice(index, 1)
            given = [deque.removeLast(step.item), index >= 0]
          } else if (step.kind === "clear") {
            deque.clear()
            model.length = 0
          } else {
            given = [deque[step.kind](), model[step.kind]()]
          }
          expect(given[0]).toBe(given[1])
          expect([deque.size, deque.peek()]).toEqual([model.length, model[0]])
        }
        expect([...deque]).toEqual(model)
      }),
    )
  })

  it("grows from the front as well, and keeps its order", () => {
    const deque = new Deque<number>()
    for (let item = 0; item < 100; item += 1) deque.unshift(item)
    expect([...deque]).toEqual(Array.from({ length: 100 }, (_, i) => 99 - i))
  })
})
