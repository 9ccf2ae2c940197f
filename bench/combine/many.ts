// What do many works at once cost?
import { gather, map, sleep } from "tsyncio"
import type { Question } from "../question.js"
import { expectResult } from "../question.js"

const one = async (): Promise<number> => 1

export const gatherHundred: Question = {
  name: "gather",
  what: "1,000 gathers of 100 async functions (bare: Promise.all)",
  count: 100_000,
  asyncio: "gather_of_100",
  async tsyncio() {
    let total = 0
    for (let i = 0; i < 1000; i += 1) {
      // Each work is a function of its own: the same one twice would run once.
      for (const result of await gather(Array.from({ length: 100 }, () => () => one()))) total += result
    }
    expectResult(total, 100_000)
  },
  async bare() {
    let total = 0
    for (let i = 0; i < 1000; i += 1) {
      for (const result of await Promise.all(Array.from({ length: 100 }, one))) total += result
    }
    expectResult(total, 100_000)
  },
}

export const mapBounded: Question = {
  name: "map",
  what: "50,000 items, 50 at a time, with a sleep(0) each (asyncio: gather behind a semaphore)",
  count: 50_000,
  asyncio: "map_bounded",
  async tsyncio() {
    const items = Array.from({ length: 50_000 }, (_, i) => i)
    let total = 0
    for await (const item of map(items, (number) => sleep(0, number), { concurrency: 50 })) total += item
    expectResult(total, 1_249_975_000)
  },
}
