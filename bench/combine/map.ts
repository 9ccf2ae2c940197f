// What does a bounded map over many items cost?
import { map } from "tsyncio"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 10_000
const concurrency = 50
const expected = (count * (count - 1)) / 2
const items = Array.from({ length: count }, (_, i) => i)
const sum = (results: readonly number[]): number => results.reduce((total, result) => total + result, 0)

const settled = Promise.resolve()
const work = async (item: number): Promise<number> => {
  await settled
  return item
}

export const mapBounded: RateQuestion = {
  kind: "rate",
  name: "map",
  what: "10,000 items, 50 at a time, one turn given up for each by the cheapest means there is (await of a settled promise, asyncio sleep(0), Effect yieldNow), results in order added up (by hand: 50 loops over one iterator; asyncio: gather behind a semaphore)",
  count,
  asyncio: "map_bounded",
  async tsyncio() {
    let total = 0
    for await (const item of map(items, work, { concurrency })) total += item
    expectResult(total, expected)
  },
  async bare() {
    const results: number[] = []
    const entries = items.entries()
    const worker = async (): Promise<void> => {
      for (const [index, item] of entries) results[index] = await work(item)
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
    expectResult(sum(results), expected)
  },
  peers: {
    effect: async ({ Effect }) => {
      const turn = (item: number): ReturnType<typeof Effect.sync<number>> =>
        Effect.gen(function* () {
          yield* Effect.yieldNow
          return item
        })
      expectResult(sum(await Effect.runPromise(Effect.forEach(items, turn, { concurrency }))), expected)
    },
    async "p-map"({ default: pMap }) {
      expectResult(sum(await pMap(items, work, { concurrency })), expected)
    },
    async "p-limit"({ default: pLimit }) {
      const limit = pLimit(concurrency)
      expectResult(sum(await Promise.all(items.map((item) => limit(() => work(item))))), expected)
    },
    async "p-queue"({ default: PQueue }) {
      const queue = new PQueue({ concurrency })
      expectResult(sum(await Promise.all(items.map((item) => queue.add(() => work(item))))), expected)
    },
    async fastq({ default: fastq }) {
      const queue = fastq.promise(work, concurrency)
      expectResult(sum(await Promise.all(items.map((item) => queue.push(item)))), expected)
    },
  },
}
