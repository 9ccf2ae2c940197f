// What does a place inside cost, free and contended?
import { Semaphore, sleep, taskGroup } from "tsyncio"
import type { Question } from "../question.js"
import { expectResult } from "../question.js"

export const semaphoreFree: Question = {
  name: "semaphore-free",
  what: "one task acquires and releases a free permit 200,000 times (bare: await of a resolved promise)",
  count: 200_000,
  asyncio: "semaphore_free",
  async tsyncio() {
    const gate = new Semaphore(1)
    let done = 0
    for (let i = 0; i < 200_000; i += 1) {
      const permit = await gate.acquire()
      done += 1
      permit.release()
    }
    expectResult(done, 200_000)
  },
  async bare() {
    const settled = Promise.resolve()
    let done = 0
    for (let i = 0; i < 200_000; i += 1) {
      await settled
      done += 1
    }
    expectResult(done, 200_000)
  },
}

export const semaphoreContended: Question = {
  name: "semaphore-contended",
  what: "100 tasks go through 10 permits 1,000 times each, with a sleep(0) inside",
  count: 100_000,
  asyncio: "semaphore_contended",
  async tsyncio() {
    const gate = new Semaphore(10)
    let done = 0
    await taskGroup((group) => {
      for (let i = 0; i < 100; i += 1) {
        group.createTask(async () => {
          for (let round = 0; round < 1000; round += 1) {
            const permit = await gate.acquire()
            await sleep(0)
            done += 1
            permit.release()
          }
        })
      }
    })
    expectResult(done, 100_000)
  },
}
