// What does a task cost from birth to result?
import { createTask } from "tsyncio"
import type { Question } from "../question.js"
import { expectResult } from "../question.js"

const one = async (): Promise<number> => 1

export const spawn: Question = {
  name: "spawn",
  what: "create a task of one async function and await it, 100,000 times in a row",
  count: 100_000,
  asyncio: "spawn",
  async tsyncio() {
    let total = 0
    for (let i = 0; i < 100_000; i += 1) total += await createTask(one)
    expectResult(total, 100_000)
  },
  async bare() {
    let total = 0
    for (let i = 0; i < 100_000; i += 1) total += await one()
    expectResult(total, 100_000)
  },
}
