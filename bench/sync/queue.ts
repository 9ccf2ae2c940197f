// What does an item cost on its way from one task to another?
import { Queue, taskGroup } from "tsyncio"
import type { Question } from "../question.js"
import { expectResult } from "../question.js"

export const queueOneToOne: Question = {
  name: "queue-one-to-one",
  what: "one producer and one consumer, 200,000 items through a queue of 100",
  count: 200_000,
  asyncio: "queue_one_to_one",
  async tsyncio() {
    const queue = new Queue<number>(100)
    const total = await taskGroup(async (group) => {
      group.createTask(async () => {
        for (let i = 0; i < 200_000; i += 1) await queue.put(1)
      })
      let sum = 0
      for (let i = 0; i < 200_000; i += 1) sum += await queue.get()
      return sum
    })
    expectResult(total, 200_000)
  },
}

export const queuePingPong: Question = {
  name: "queue-ping-pong",
  what: "two tasks send one item there and back 50,000 times through two queues",
  count: 50_000,
  asyncio: "queue_ping_pong",
  async tsyncio() {
    const there = new Queue<number>()
    const back = new Queue<number>()
    await taskGroup(async (group) => {
      group.createTask(async () => {
        for (let i = 0; i < 50_000; i += 1) await back.put(await there.get())
      })
      for (let i = 0; i < 50_000; i += 1) {
        await there.put(i)
        expectResult(await back.get(), i)
      }
    })
  },
}
