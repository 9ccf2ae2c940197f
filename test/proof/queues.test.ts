// The three queues: each item is got once, by one, and none is lost, as a plain list would do it.
import type { Task } from "../../src/index.ts"
import { LifoQueue, PriorityQueue, Queue, QueueShutDownError, createTask, sleep } from "../../src/index.ts"
import { History } from "./history.ts"
import type { Model } from "./history.ts"
import type { Trial } from "./prove.ts"
import { must, prove } from "./prove.ts"

/** Whether two lists hold the same numbers. */
function areSame(some: readonly number[], others: readonly number[]): boolean {
  const [a, b] = [some, others].map((list) => String(list.toSorted((x, y) => x - y)))
  return a === b
}

interface Items {
  readonly here: readonly { readonly item: number; readonly number: number }[]
  /** Number of the next item that is put. */
  readonly next: number
  /** What a getter that is going to be cancelled was handed; undefined before it was served. */
  readonly held?: Items["here"]
}

type Take = (items: readonly number[]) => number

/** A bounded list; `take` says at which place the next item stands. What is handed back goes to its old place. */
function list(maxSize: number, take: Take): Model<Items> {
  return {
    start: { here: [], next: 0 },
    apply(state, { name, argument, value }) {
      const { here, next, held } = state
      if (name === "put") {
        if (maxSize > 0 && here.length >= maxSize) return []
        return [{ ...state, here: [...here, { item: argument ?? NaN, number: next }], next: next + 1 }]
      }
      if (value === QueueShutDownError.name) return [state]
      if (name === "back") {
        if (held === undefined) return []
        return [{ here: [...here, ...held].sort((a, b) => a.number - b.number), next }]
      }
      const at = take(here.map(({ item }) => item))
      const left = here.toSpliced(at, 1)
      if (name === "held") {
        const served = here.length > 0 ? [{ ...state, here: left, held: here.slice(at, at + 1) }] : []
        return [{ ...state, held: [] }, ...served]
      }
      return here[at]?.item === value ? [{ ...state, here: left }] : []
    },
  }
}

const first: Take = () => 0
const last: Take = (items) => items.length - 1
const least: Take = (items) => items.indexOf(Math.min(...items))

// In the queues with an order of their own an item stays in the store until its getter goes on, and the best one
// there is then is got: what was put meanwhile may be better. The bound is on what nobody has a claim on.
const unbounded = 0

/** One task puts three items, two get until the queue is shut down. */
function queueTrial(queue: Queue<number>, take: Take, rounds: number): Trial {
  const bound = take === first ? queue.maxSize : unbounded
  const history = new History()
  const put: number[] = []
  const got: number[] = []
  const produce = async (): Promise<void> => {
    for (const item of [2, 3, 1].flatMap((one) =>
      [...Array(rounds).keys()].map((round) => one + 3 * round),
    )) {
      await history.note("put", () => queue.put(item), item)
      put.push(item)
      if (rounds > 1) await sleep(0)
    }
  }
  const consume = async (): Promise<void> => {
    try {
      for (;;) {
        got.push(await history.note("get", () => queue.get()))
        if (rounds > 1) await sleep(0)
      }
    } catch (error) {
      if (!(error instanceof QueueShutDownError)) throw error
    }
  }
  return {
    bodies: [produce, consume, consume],
    ended(task) {
      if (task === 0) queue.shutdown()
    },
    async check() {
      // A getter that was cancelled hands its item back, and the others may have left by then.
      while (!queue.empty()) got.push(await history.note("get", () => queue.getNowait()))
      must(areSame(got, put), "what was put was got, once")
      const { getters, putters } = queue.statistics()
      must(getters === 0 && putters === 0, "nobody waits")
      history.expect(list(bound, take))
    },
  }
}

/** Two tasks put, one gets until both have ended: places that are handed over. */
function crowdTrial(queue: Queue<number>, take: Take, rounds: number): Trial {
  const history = new History()
  const put: number[] = []
  const got: number[] = []
  let living = 2
  let substitute: Task<void> | null = null
  const produce = async (from: number): Promise<void> => {
    for (let item = from; item < from + 2 * rounds; item += 1) {
      await history.note("put", () => queue.put(item), item)
      put.push(item)
      if (rounds > 1) await sleep(0)
    }
  }
  const consume = async (): Promise<void> => {
    try {
      for (;;) {
        got.push(await history.note("get", () => queue.get()))
        if (rounds > 1) await sleep(0)
      }
    } catch (error) {
      if (!(error instanceof QueueShutDownError)) throw error
    }
  }
  return {
    bodies: [() => produce(1), () => produce(101), consume],
    ended(task, isCancelled) {
      if (task === 0 || task === 1) living -= 1
      if (living === 0) queue.shutdown()
      // Who gets has gone: somebody else has to, or the others wait for room for ever.
      if (task === 2 && isCancelled) substitute = createTask(consume, { name: "substitute" })
    },
    async check() {
      await substitute
      while (!queue.empty()) got.push(await history.note("get", () => queue.getNowait()))
      must(areSame(got, put), "what was put was got, once")
      const { getters, putters } = queue.statistics()
      must(getters === 0 && putters === 0, "nobody waits")
      history.expect(list(queue.maxSize, take))
    },
  }
}

prove("queue of one place", (rounds) => queueTrial(new Queue(1), first, rounds))
prove("queue without a bound", (rounds) => queueTrial(new Queue(), first, rounds))
prove("queue with putters in line", (rounds) => crowdTrial(new Queue(1), first, rounds))
prove("priority queue", (rounds) => queueTrial(new PriorityQueue(1), least, rounds))
prove("priority queue without a bound", (rounds) => queueTrial(new PriorityQueue(), least, rounds))
prove("lifo queue", (rounds) => queueTrial(new LifoQueue(2), last, rounds))
