// What does the first task cost all other promises of the process?
//
// Values travel with tasks by AsyncLocalStorage. From Node 24 on that is nearly free; before, from
// the first use on, every promise of the process pays for it. No context is touched before the first
// task, so a program that only imports the package pays nothing.
import { createTask, run } from "tsyncio"
import type { CostQuestion } from "../question.js"

const count = 200_000

/** The least of some rounds: nanoseconds of an await of a function that gives 1. */
async function awaiting(): Promise<number> {
  const one = async (): Promise<number> => 1
  let least = Infinity
  for (let round = 0; round < 15; round += 1) {
    const start = performance.now()
    let total = 0
    for (let i = 0; i < count; i += 1) total += await one()
    if (total === count) least = Math.min(least, ((performance.now() - start) * 1e6) / count)
  }
  return least
}

export const contextPrice: CostQuestion = {
  kind: "cost",
  name: "context-price",
  what: "an async function that gives 1 is called and awaited: nanoseconds before the first task of the process, in a task, and after all tasks have ended",
  parts: [
    { name: "context-price-before", unit: "ns" },
    { name: "context-price-inside", unit: "ns" },
    { name: "context-price-after", unit: "ns" },
  ],
  rounds: 3,
  onEachNode: true,
  programs: {
    await: async () => {
      const before = await awaiting()
      const inside = await run(() => createTask(awaiting))
      return [before, inside, await awaiting()]
    },
  },
}
