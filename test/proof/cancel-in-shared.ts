// What threads share, awaited in one thread: each of its waits in a small program, with others who want the same thing.
import { expect } from "vitest"
import { sleep } from "../../src/index.ts"
import type { WaitOptions } from "../../src/index.ts"
import { InterpreterQueue, SharedChannel, SharedMutex, SharedSemaphore } from "../../src/executor/index.ts"
import type { Scenario } from "./cancel-rig.ts"

const gates: Scenario[] = [
  { name: "SharedMutex", make: () => new SharedMutex() },
  { name: "SharedSemaphore", make: () => new SharedSemaphore(1) },
].flatMap(({ name, make }) =>
  (["acquire", "run"] as const).map((method): Scenario => ({
    title: `${name}: ${method}`,
    names: [`${name}.${method}`],
    onSignal: "reason",
    stage: (world) => {
      const gate = make()
      let inside = 0
      const enter = async (): Promise<void> => {
        expect((inside += 1)).toBe(1)
        try {
          await sleep(2)
        } finally {
          inside -= 1
        }
      }
      const use = (): Promise<void> => gate.run(enter)
      return {
        before: [use],
        victim: async (limits) => {
          if (method === "run") await gate.run(() => world.finalizing(enter), limits)
          else {
            using _permit = await gate.acquire(limits)
            await enter()
          }
          return "was in"
        },
        beside: [use, use],
        after: () => {
          expect([inside, gate.locked()]).toEqual([0, false])
          expect(gate.statistics()).toMatchObject({ waiting: 0, threads: 0 })
        },
      }
    },
  })),
)

/** A channel or a queue, by the same words. */
interface Chute {
  put(item: number, limits?: WaitOptions): Promise<void>
  get(limits?: WaitOptions): Promise<number>
  close(): void
  rest(): AsyncIterable<number>
  waiting(): number
}

function channel(capacity: number): Chute {
  const made = new SharedChannel<number>({ capacity, bytes: 1024 })
  return {
    put: (item, limits) => made.send(item, limits),
    get: (limits) => made.receive(limits),
    close: () => made.close(),
    rest: () => made,
    waiting: () => made.statistics().senders + made.statistics().receivers + made.statistics().sendingThreads,
  }
}

function queue(capacity: number): Chute {
  const made = new InterpreterQueue<number>(capacity, { bytes: 1024 })
  return {
    put: (item, limits) => made.put(item, limits),
    get: (limits) => made.get(limits),
    close: () => made.shutdown(),
    rest: () => made,
    waiting: () => made.statistics().getters + made.statistics().putters,
  }
}

const chutes: Scenario[] = [
  { name: "SharedChannel", make: channel, put: "send", get: "receive" },
  { name: "InterpreterQueue", make: queue, put: "put", get: "get" },
].flatMap(({ name, make, put, get }): Scenario[] => [
  {
    title: `${name}: ${get}`,
    names: [`${name}.${get}`],
    onSignal: "reason",
    stage: () => {
      const chute = make(10)
      const got: number[] = []
      const take = async (limits: WaitOptions = {}): Promise<void> => void got.push(await chute.get(limits))
      return {
        before: [take],
        victim: async (limits) => {
          await take(limits)
          return "got one"
        },
        beside: [
          take,
          async () => {
            await sleep(2)
            for (const item of [1, 2, 3]) await chute.put(item)
          },
        ],
        after: async () => {
          chute.close()
          for await (const item of chute.rest()) got.push(item)
          expect(got.toSorted((a, b) => a - b)).toEqual([1, 2, 3])
          expect(chute.waiting()).toBe(0)
        },
      }
    },
  },
  {
    title: `${name}: ${put}`,
    names: [`${name}.${put}`],
    onSignal: "reason",
    stage: () => {
      const chute = make(1)
      const put: number[] = []
      const add = async (item: number, limits: WaitOptions = {}): Promise<void> => {
        await chute.put(item, limits)
        put.push(item)
      }
      const got: number[] = []
      return {
        before: [() => add(0), () => add(1)],
        victim: async (limits) => {
          await add(2, limits)
          return "put one"
        },
        beside: [
          () => add(3),
          async () => {
            await sleep(2)
            got.push(await chute.get())
            await sleep(2)
            got.push(await chute.get(), await chute.get())
          },
        ],
        after: async () => {
          chute.close()
          for await (const item of chute.rest()) got.push(item)
          expect(got.toSorted((a, b) => a - b)).toEqual(put.toSorted((a, b) => a - b))
          expect(chute.waiting()).toBe(0)
        },
      }
    },
  },
  {
    title: `${name}: for await`,
    names: [`${name}.[Symbol.asyncIterator]`],
    stage: (world) => {
      const chute = make(1)
      const got: number[] = []
      return {
        victim: async () => {
          for await (const item of chute.rest()) {
            got.push(item)
            await world.finalizing(() => sleep(1))
          }
          return "to the end"
        },
        beside: [
          async () => {
            for (const item of [1, 2, 3]) await chute.put(item)
            chute.close()
          },
          async () => {
            await sleep(30)
            for await (const item of chute.rest()) got.push(item)
          },
        ],
        after: () => expect(got.toSorted((a, b) => a - b)).toEqual([1, 2, 3]),
      }
    },
  },
])

export const cancelInShared: readonly Scenario[] = [...gates, ...chutes]
