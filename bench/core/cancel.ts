// What does it cost to cancel a task that sleeps?
import { createTask, isCancelled, joinOnly, sleep } from "tsyncio"
import type { Question } from "../question.js"
import { expectResult } from "../question.js"

export const cancel: Question = {
  name: "cancel",
  what: "20,000 tasks that sleep, each cancelled by itself and awaited",
  count: 20_000,
  asyncio: "cancel_sleepers",
  async tsyncio() {
    const tasks = Array.from({ length: 20_000 }, () => createTask(() => sleep(1_000_000)))
    await sleep(0)
    for (const task of tasks) task.cancel()
    let count = 0
    for (const task of tasks)
      await joinOnly(task).catch((error: unknown) => (count += isCancelled(error) ? 1 : 0))
    expectResult(count, 20_000)
  },
}
