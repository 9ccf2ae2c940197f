// What does a task in a group cost?
import { taskGroup } from "tsyncio"
import type { Question } from "../question.js"
import { expectResult } from "../question.js"

const one = async (): Promise<number> => 1

export const group: Question = {
  name: "group",
  what: "1,000 groups of 100 tasks of one async function, results added up",
  count: 100_000,
  asyncio: "group_of_100",
  async tsyncio() {
    let total = 0
    for (let i = 0; i < 1000; i += 1) {
      const tasks = await taskGroup((children) => Array.from({ length: 100 }, () => children.createTask(one)))
      for (const task of tasks) total += task.result()
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
