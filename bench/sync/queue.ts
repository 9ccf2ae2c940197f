// What does an item cost on its way from one task to another?
import { Queue, taskGroup } from "tsyncio"
import { BareQueue } from "../bare/bare-queue.js"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

/** `pairs` producers and as many consumers on one queue with a bound. */
function throughQueue(name: string, pairs: number, bound: number, each: number): RateQuestion {
  const count = pairs * each
  return {
    kind: "rate",
    name,
    what: `${pairs} producer(s) and ${pairs} consumer(s), ${count} items through a queue with a bound of ${bound}, items added up`,
    count,
    asyncio: name.replaceAll("-", "_"),
    async tsyncio() {
      const queue = new Queue<number>(bound)
      let total = 0
      await taskGroup((group) => {
        for (let pair = 0; pair < pairs; pair += 1) {
          group.createTask(async () => {
            for (let i = 0; i < each; i += 1) await queue.put(1)
          })
          group.createTask(async () => {
            for (let i = 0; i < each; i += 1) {
              // Read after the await: another consumer adds meanwhile.
              const item = await queue.get()
              total += item
            }
          })
        }
      })
      expectResult(total, count)
    },
    async bare() {
      const queue = new BareQueue<number>(bound)
      let total = 0
      const works: Promise<void>[] = []
      const produce = async (): Promise<void> => {
        for (let i = 0; i < each; i += 1) await queue.put(1)
      }
      const consume = async (): Promise<void> => {
        for (let i = 0; i < each; i += 1) {
          const item = await queue.get()
          total += item
        }
      }
      for (let pair = 0; pair < pairs; pair += 1) works.push(produce(), consume())
      await Promise.all(works)
      expectResult(total, count)
    },
    peers: {
      effect: ({ Effect, Fiber, Queue: EffectQueue }) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const queue = yield* EffectQueue.bounded<number>(bound)
            let total = 0
            const produce = Effect.gen(function* () {
              for (let i = 0; i < each; i += 1) yield* EffectQueue.offer(queue, 1)
            })
            const consume = Effect.gen(function* () {
              for (let i = 0; i < each; i += 1) {
                const item = yield* EffectQueue.take(queue)
                total += item
              }
            })
            const fibers = []
            for (let pair = 0; pair < pairs; pair += 1) {
              fibers.push(yield* Effect.forkChild(produce), yield* Effect.forkChild(consume))
            }
            for (const fiber of fibers) yield* Fiber.join(fiber)
            expectResult(total, count)
          }),
        ),
    },
  }
}

export const queueOneToOne: RateQuestion = throughQueue("queue-one-to-one", 1, 100, 20_000)
export const queueManyToMany: RateQuestion = throughQueue("queue-many-to-many", 10, 10, 2000)

const rallies = 5000

export const queuePingPong: RateQuestion = {
  kind: "rate",
  name: "queue-ping-pong",
  what: "two tasks send an item there and back 5,000 times through two queues without a bound, each item checked",
  count: rallies,
  asyncio: "queue_ping_pong",
  tsyncio: async () => {
    const there = new Queue<number>()
    const back = new Queue<number>()
    await taskGroup(async (group) => {
      group.createTask(async () => {
        for (let i = 0; i < rallies; i += 1) await back.put(await there.get())
      })
      for (let i = 0; i < rallies; i += 1) {
        await there.put(i)
        expectResult(await back.get(), i)
      }
    })
  },
  async bare() {
    const there = new BareQueue<number>()
    const back = new BareQueue<number>()
    const echo = async (): Promise<void> => {
      for (let i = 0; i < rallies; i += 1) await back.put(await there.get())
    }
    const echoing = echo()
    for (let i = 0; i < rallies; i += 1) {
      await there.put(i)
      expectResult(await back.get(), i)
    }
    await echoing
  },
  peers: {
    effect: ({ Effect, Fiber, Queue: EffectQueue }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          const there = yield* EffectQueue.unbounded<number>()
          const back = yield* EffectQueue.unbounded<number>()
          const echo = Effect.gen(function* () {
            for (let i = 0; i < rallies; i += 1) {
              yield* EffectQueue.offer(back, yield* EffectQueue.take(there))
            }
          })
          const fiber = yield* Effect.forkChild(echo)
          for (let i = 0; i < rallies; i += 1) {
            yield* EffectQueue.offer(there, i)
            expectResult(yield* EffectQueue.take(back), i)
          }
          yield* Fiber.join(fiber)
        }),
      ),
    effection: ({ run, spawn, createQueue }) =>
      run(function* () {
        const there = createQueue<number, never>()
        const back = createQueue<number, never>()
        const echo = yield* spawn(function* () {
          for (let i = 0; i < rallies; i += 1) back.add((yield* there.next()).value)
        })
        for (let i = 0; i < rallies; i += 1) {
          there.add(i)
          expectResult((yield* back.next()).value, i)
        }
        yield* echo
      }),
  },
}
