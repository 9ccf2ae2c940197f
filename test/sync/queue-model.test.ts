// A queue against a plain list: random puts, gets and cancels, and nothing is lost or doubled.
import fc from "fast-check"
import { expect, it } from "vitest"
import type { Task } from "../../src/index.ts"
import { Queue, QueueEmptyError, QueueFullError, createTask, isCancelled, sleep } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

const kinds = [
  "put",
  "get",
  "get",
  "putNowait",
  "putNowait",
  "getNowait",
  "turn",
  "cancelPutter",
  "cancelGetter",
] as const

interface Step {
  readonly kind: (typeof kinds)[number]
  readonly pick: number
}

const anyStep: fc.Arbitrary<Step> = fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(20) })

interface Getter {
  readonly id: number
}

/** What a bounded queue is to do, in lists. Items are numbered in the order of putting. */
class Model {
  readonly maxSize: number
  items: number[] = []
  readonly getters: Getter[] = []
  readonly putters: { readonly id: number; readonly item: number }[] = []
  /** Getters and putters that were served in this turn. */
  handed: { readonly id: number; readonly item: number }[] = []
  admitted: { readonly id: number; readonly item: number }[] = []
  readonly got: [number, number][] = []
  unfinished = 0

  constructor(maxSize: number) {
    this.maxSize = maxSize
  }
  get isFull(): boolean {
    return this.maxSize > 0 && this.items.length >= this.maxSize
  }
  accept(item: number): void {
    this.unfinished += 1
    const getter = this.getters.shift()
    if (getter === undefined) this.items.push(item)
    else this.handed.push({ id: getter.id, item })
  }
  take(): number {
    const item = this.items.shift() as number
    this.refill()
    return item
  }
  refill(): void {
    if (this.isFull) return
    const putter = this.putters.shift()
    if (putter === undefined) return
    this.admitted.push(putter)
    this.accept(putter.item)
  }
  turn(): void {
    for (const { id, item } of this.handed) this.got.push([id, item])
    this.handed = []
    this.admitted = []
  }
  cancelGetter(id: number): void {
    const place = this.getters.findIndex((getter) => getter.id === id)
    if (place >= 0) {
      this.getters.splice(place, 1)
      return
    }
    const [hand] = this.handed.splice(
      this.handed.findIndex((one) => one.id === id),
      1,
    )
    const item = hand?.item as number
    const next = this.getters.shift()
    if (next !== undefined) this.handed.push({ id: next.id, item })
    else this.items = [...this.items, item].sort((a, b) => a - b)
  }
  /** False if the item has gone on: the put stands. */
  cancelPutter(id: number): boolean {
    const place = this.putters.findIndex((putter) => putter.id === id)
    if (place >= 0) {
      this.putters.splice(place, 1)
      return true
    }
    const at = this.admitted.findIndex((putter) => putter.id === id)
    const item = this.admitted[at]?.item as number
    this.admitted.splice(at, 1)
    if (!this.items.includes(item)) return false
    this.items.splice(this.items.indexOf(item), 1)
    this.unfinished -= 1
    this.refill()
    return true
  }
}

it("does what lists do, whatever is put, taken and cancelled when", () =>
  fc.assert(
    fc.asyncProperty(fc.nat(3), fc.array(anyStep, { maxLength: 80 }), (maxSize, plan) =>
      runVirtual(() => check(maxSize, plan)),
    ),
    { numRuns: 300 },
  ))

async function check(maxSize: number, plan: readonly Step[]): Promise<void> {
  const queue = new Queue<number>(maxSize)
  const model = new Model(maxSize)
  const tasks: Task<void>[] = []
  const got: [number, number][] = []
  const wasPut = new Set<number>()
  const wasNotPut = new Set<number>()
  let lastItem = 0

  const put = async (): Promise<void> => {
    const id = tasks.length
    const item = (lastItem += 1)
    const task = createTask(async () => {
      try {
        await queue.put(item)
        wasPut.add(item)
      } catch (error) {
        if (isCancelled(error)) wasNotPut.add(item)
        throw error
      }
    })
    tasks.push(task)
    model.turn()
    if (model.isFull) model.putters.push({ id, item })
    else model.accept(item)
    await sleep(0)
  }
  const get = async (): Promise<void> => {
    const id = tasks.length
    tasks.push(createTask(async () => void got.push([id, await queue.get()])))
    model.turn()
    if (model.items.length === 0) model.getters.push({ id })
    else model.got.push([id, model.take()])
    await sleep(0)
  }

  const actions: Record<Step["kind"], (pick: number) => Promise<void> | void> = {
    put,
    get,
    turn() {
      model.turn()
      return sleep(0)
    },
    putNowait() {
      const item = (lastItem += 1)
      const isFull = model.isFull
      expect(outcomeOf(() => queue.putNowait(item))).toBe(isFull ? QueueFullError : undefined)
      if (isFull) return
      model.accept(item)
      wasPut.add(item)
    },
    getNowait() {
      const item = model.items.length === 0 ? QueueEmptyError : model.take()
      expect(outcomeOf(() => queue.getNowait())).toBe(item)
      if (typeof item !== "number") return
      got.push([-1, item])
      model.got.push([-1, item])
    },
    cancelGetter(pick) {
      const all = [...model.getters, ...model.handed]
      const id = all[pick % all.length]?.id
      if (id === undefined) return
      model.cancelGetter(id)
      tasks[id]?.cancel()
    },
    cancelPutter(pick) {
      const all = [...model.putters, ...model.admitted]
      const id = all[pick % all.length]?.id
      if (id === undefined) return
      model.cancelPutter(id)
      tasks[id]?.cancel()
    },
  }
  for (const { kind, pick } of plan) {
    await actions[kind](pick)
    expect(queue.statistics()).toMatchObject({
      size: model.items.length,
      getters: model.getters.length,
      putters: model.putters.length,
      unfinished: model.unfinished,
    })
  }

  model.turn()
  await sleep(0)
  while (!queue.empty()) got.push([-1, queue.getNowait()])
  await sleep(0)
  while (!queue.empty()) got.push([-1, queue.getNowait()])
  for (const task of tasks) task.cancel()
  await sleep(0)
  // Each item came out exactly once if its put stood, and never if it did not.
  const items = got.map(([, item]) => item)
  expect(new Set(items).size).toBe(items.length)
  for (const item of wasNotPut) expect(items).not.toContain(item)
  for (const item of wasPut) expect(items).toContain(item)
  for (const pair of model.got.filter(([id]) => id >= 0)) expect(got).toContainEqual(pair)
  expect(queue.statistics()).toMatchObject({ size: 0, getters: 0, putters: 0 })
}

/** What `fn` gives, or the class of what it throws. */
function outcomeOf(fn: () => unknown): unknown {
  try {
    return fn()
  } catch (error) {
    return (error as Error).constructor
  }
}
