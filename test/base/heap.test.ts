import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { HeapItem } from "../../src/base/heap.ts"
import { Heap } from "../../src/base/heap.ts"

interface Item extends HeapItem {
  readonly key: number
  readonly order: number
}

const before = (a: Item, b: Item): boolean => a.key < b.key || (a.key === b.key && a.order < b.order)
const makeHeap = (): Heap<Item> => new Heap<Item>(before)
let order = 0
const item = (key: number): Item => ({ key, order: (order += 1), heapIndex: -1 })

describe("Heap", () => {
  it("gives the least first, ties in order of arrival", () => {
    const heap = makeHeap()
    const items = [3, 1, 2, 1, 3].map(item)
    for (const one of items) heap.push(one)
    expect(heap.peek()).toBe(items[1])
    const popped = items.map(() => heap.pop())
    expect(popped).toEqual([items[1], items[3], items[2], items[0], items[4]])
    expect([heap.size, heap.peek(), heap.pop()]).toEqual([0, undefined, undefined])
  })

  it("takes an item out of the middle, once", () => {
    const heap = makeHeap()
    const items = [5, 4, 3, 2, 1].map(item)
    for (const one of items) heap.push(one)
    const [, middle] = items
    if (middle === undefined) throw new Error("no item")
    expect([heap.remove(middle), heap.remove(middle), middle.heapIndex]).toEqual([true, false, -1])
    expect(Array.from({ length: 4 }, () => heap.pop()?.key)).toEqual([1, 2, 3, 5])
  })

  it("what fills the gap in the middle rises if it is before the parent of the gap", () => {
    const heap = makeHeap()
    const items = [1, 10, 2, 11, 12, 3, 4].map(item)
    for (const one of items) heap.push(one)
    // 4 comes from the other branch, and has to stand above 10.
    heap.remove(items[3] as Item)
    expect([...heap].map(({ key }) => key)).toEqual([1, 4, 2, 10, 12, 3])
    expect(Array.from({ length: 6 }, () => heap.pop()?.key)).toEqual([1, 2, 3, 4, 10, 12])
  })

  it("an item that was taken out can be put in again", () => {
    const heap = makeHeap()
    const one = item(1)
    heap.push(one)
    heap.pop()
    expect(one.heapIndex).toBe(-1)
    heap.push(one)
    expect(heap.pop()).toBe(one)
  })

  it("each item knows its place, and the order holds, whatever the sequence", () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), key: fc.nat(20) }),
      fc.record({ kind: fc.constant("pop" as const) }),
      fc.record({ kind: fc.constant("remove" as const), at: fc.nat(100) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = makeHeap()
        const model: Item[] = []
        for (const step of steps) {
          let given: unknown[] = []
          if (step.kind === "push") {
            const one = item(step.key)
            heap.push(one)
            model.push(one)
          } else if (step.kind === "pop") {
            const [least] = model.toSorted((a, b) => a.key - b.key || a.order - b.order)
            given = [heap.pop(), least]
            if (least !== undefined) model.splice(model.indexOf(least), 1)
          } else if (model.length > 0) {
            const [gone] = model.splice(step.at % model.length, 1)
            given = [gone !== undefined && heap.remove(gone), true]
          }
          expect(given[0]).toBe(given[1])
          const items = [...heap]
          expect(items.map(({ heapIndex }) => heapIndex)).toEqual(items.map((_, i) => i))
          for (let i = 1; i < items.length; i += 1) {
            expect(before(items[i] as Item, items[(i - 1) >> 1] as Item)).toBe(false)
          }
        }
        expect(heap.size).toBe(model.length)
      }),
    )
  })
})
