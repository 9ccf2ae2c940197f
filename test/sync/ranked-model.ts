// A queue with an order of its own against plain lists: what it is to do, step by step.
//
// Items are kept in a list; a getter that was served has a claim on one of them, and takes the first by
// rank when it goes on. What is not claimed can be had by newcomers and bounds the putters.
import fc from "fast-check"
import { expect } from "vitest"
import type { Queue, Task } from "../../src/index.ts"
import { QueueEmptyError, QueueFullError, createTask, isCancelled, sleep } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

/** An item: what it ranks by, and a number that rises with each put. */
export interface Item {
  readonly rank: number
  readonly id: number
}

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

interface Putter {
  readonly task: number
  readonly item: Item
}

class Model {
  readonly maxSize: number
  readonly #isBefore: (a: Item, b: Item) => boolean
  items: Item[] = []
  getters: number[] = []
  putters: Putter[] = []
  /** Getters and putters that were served in this turn. */
  served: number[] = []
  admitted: Putter[] = []
  readonly got: [number, Item][] = []
  unfinished = 0

  constructor(maxSize: number, isBefore: (a: Item, b: Item) => boolean) {
    this.maxSize = maxSize
    this.#isBefore = isBefore
  }
  get size(): number {
    return this.items.length - this.served.length
  }
  get isFull(): boolean {
    return this.maxSize > 0 && this.size >= this.maxSize
  }
  accept(item: Item): void {
    this.unfinished += 1
    this.items.push(item)
    this.serve()
  }
  serve(): void {
    const getter = this.getters.shift()
    if (getter !== undefined) this.served.push(getter)
  }
  first(): Item {
    const item = this.items.reduce((best, one) => (this.#isBefore(one, best) ? one : best))
    this.items.splice(this.items.indexOf(item), 1)
    return item
  }
  take(): Item {
    const item = this.first()
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
    for (const getter of this.served) this.got.push([getter, this.first()])
    this.served = []
    this.admitted = []
  }
  cancelGetter(task: number): void {
    if (this.getters.includes(task)) {
      this.getters = this.getters.filter((one) => one !== task)
      return
    }
    this.served = this.served.filter((one) => one !== task)
    this.serve()
  }
  cancelPutter(task: number): void {
    if (this.putters.some((putter) => putter.task === task)) {
      this.putters = this.putters.filter((putter) => putter.task !== task)
      return
    }
    const { item } = this.admitted.find((putter) => putter.task === task) as Putter
    this.admitted = this.admitted.filter((putter) => putter.task !== task)
    // What is promised, or has gone, stays put.
    if (this.size === 0 || !this.items.includes(item)) return
    this.items.splice(this.items.indexOf(item), 1)
    this.unfinished -= 1
    this.refill()
  }
}

/** Checks a queue against lists, whatever is put, taken and cancelled when. */
export async function checkAgainstLists(
  make: (maxSize: number) => Queue<Item>,
  isBefore: (a: Item, b: Item) => boolean,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.nat(3), fc.array(anyStep, { maxLength: 80 }), (maxSize, plan) =>
      runVirtual(() => check(make(maxSize), new Model(maxSize, isBefore), plan)),
    ),
    { numRuns: 300 },
  )
}

async function check(queue: Queue<Item>, model: Model, plan: readonly Step[]): Promise<void> {
  const tasks: Task<void>[] = []
  const got: [number, Item][] = []
  const wasPut = new Set<Item>()
  const wasNotPut = new Set<Item>()
  let lastId = 0
  const newItem = (pick: number): Item => ({ rank: pick % 4, id: (lastId += 1) })

  const put = async (item: Item): Promise<void> => {
    const task = tasks.length
    tasks.push(
      createTask(async () => {
        try {
          await queue.put(item)
          wasPut.add(item)
        } catch (error) {
          if (isCancelled(error)) wasNotPut.add(item)
          throw error
        }
      }),
    )
    model.turn()
    if (model.isFull) model.putters.push({ task, item })
    else model.accept(item)
    await sleep(0)
  }
  const get = async (): Promise<void> => {
    const task = tasks.length
    tasks.push(createTask(async () => void got.push([task, await queue.get()])))
    model.turn()
    if (model.size === 0) model.getters.push(task)
    else model.got.push([task, model.take()])
    await sleep(0)
  }

  for (const { kind, pick } of plan) {
    if (kind === "put") await put(newItem(pick))
    else if (kind === "get") await get()
    else if (kind === "turn") {
      model.turn()
      await sleep(0)
    } else if (kind === "putNowait") {
      const item = newItem(pick)
      const isFull = model.isFull
      expect(outcomeOf(() => queue.putNowait(item))).toBe(isFull ? QueueFullError : undefined)
      if (isFull) continue
      model.accept(item)
      wasPut.add(item)
    } else if (kind === "getNowait") {
      const item = model.size === 0 ? QueueEmptyError : model.take()
      expect(outcomeOf(() => queue.getNowait())).toBe(item)
      if (typeof item === "function") continue
      got.push([-1, item])
      model.got.push([-1, item])
    } else {
      const isGetter = kind === "cancelGetter"
      const all = isGetter
        ? [...model.getters, ...model.served]
        : [...model.putters, ...model.admitted].map((putter) => putter.task)
      const task = all[pick % all.length]
      if (task === undefined) continue
      if (isGetter) model.cancelGetter(task)
      else model.cancelPutter(task)
      tasks[task]?.cancel()
    }
    expect(queue.statistics()).toMatchObject({
      size: model.size,
      getters: model.getters.length,
      putters: model.putters.length,
      unfinished: model.unfinished,
    })
  }

  model.turn()
  await sleep(0)
  expect(got).toEqual(expect.arrayContaining(model.got))
  for (let turn = 0; turn < 2; turn += 1) {
    while (!queue.empty()) got.push([-1, queue.getNowait()])
    await sleep(0)
  }
  for (const task of tasks) task.cancel()
  await sleep(0)
  // Each item came out exactly once if its put stood, and never if it did not.
  const items = got.map(([, item]) => item)
  expect(new Set(items).size).toBe(items.length)
  for (const item of wasNotPut) expect(items).not.toContain(item)
  for (const item of wasPut) expect(items).toContain(item)
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
