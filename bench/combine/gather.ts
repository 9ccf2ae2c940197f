// What do a hundred works at once cost?
import { gather } from "tsyncio"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const [rounds, size] = [100, 100]
const count = rounds * size
const one = async (): Promise<number> => 1

/** What is gathered: functions of their own, for the same one twice would run once. */
const works = (): (() => Promise<number>)[] => Array.from({ length: size }, () => async () => 1)

export const gatherHundred: RateQuestion = {
  kind: "rate",
  name: "gather",
  what: "100 gathers of 100 functions that give 1, results added up (by hand: Promise.all; Effect: Effect.all, unbounded, which forks)",
  count,
  asyncio: "gather",
  async tsyncio() {
    let total = 0
    for (let i = 0; i < rounds; i += 1) for (const result of await gather(works())) total += result
    expectResult(total, count)
  },
  async bare() {
    let total = 0
    for (let i = 0; i < rounds; i += 1) {
      for (const result of await Promise.all(works().map((work) => work()))) total += result
    }
    expectResult(total, count)
  },
  peers: {
    effect: ({ Effect }) =>
      Effect.runPromise(
        Effect.gen(function* () {
          let total = 0
          for (let i = 0; i < rounds; i += 1) {
            const effects = Array.from({ length: size }, () => Effect.sync(() => 1))
            for (const result of yield* Effect.all(effects, { concurrency: "unbounded" })) total += result
          }
          expectResult(total, count)
        }),
      ),
    async "p-map"({ default: pMap }) {
      let total = 0
      const items = Array.from({ length: size }, (_, i) => i)
      for (let i = 0; i < rounds; i += 1) {
        for (const result of await pMap(items, one, { concurrency: Infinity })) total += result
      }
      expectResult(total, count)
    },
  },
}
