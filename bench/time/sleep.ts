// What does a turn cost, and what a timer?
import { sleep, taskGroup, timeout } from "tsyncio"
import type { Question } from "../question.js"
import { expectResult } from "../question.js"

export const yieldAmong: Question = {
  name: "yield-among-100",
  what: "100 tasks that each do sleep(0) 2,000 times (bare: await of a resolved promise, no fairness)",
  count: 200_000,
  asyncio: "yield_among_100",
  async tsyncio() {
    await taskGroup((group) => {
      for (let i = 0; i < 100; i += 1) {
        group.createTask(async () => {
          for (let round = 0; round < 2000; round += 1) await sleep(0)
        })
      }
    })
  },
  async bare() {
    const settled = Promise.resolve()
    const work = async (): Promise<void> => {
      for (let round = 0; round < 2000; round += 1) await settled
    }
    await Promise.all(Array.from({ length: 100 }, work))
  },
}

export const yieldAlone: Question = {
  name: "yield-alone",
  what: "one task that does sleep(0) 50,000 times; the event loop is let in each time (bare: setImmediate)",
  count: 50_000,
  asyncio: "yield_alone",
  async tsyncio() {
    for (let round = 0; round < 50_000; round += 1) await sleep(0)
  },
  async bare() {
    for (let round = 0; round < 50_000; round += 1) await new Promise((resolve) => setImmediate(resolve))
  },
}

export const sleepers: Question = {
  name: "sleepers",
  what: "a group of 20,000 tasks that sleep 10 ms (bare: 20,000 setTimeout promises)",
  count: 20_000,
  asyncio: "sleepers",
  async tsyncio() {
    await taskGroup((group) => {
      for (let i = 0; i < 20_000; i += 1) group.createTask(() => sleep(10))
    })
  },
  async bare() {
    await Promise.all(Array.from({ length: 20_000 }, () => new Promise((resolve) => setTimeout(resolve, 10))))
  },
}

const one = async (): Promise<number> => 1

export const timeoutUnfired: Question = {
  name: "timeout-unfired",
  what: "100,000 blocks with a limit that does not run out (bare: setTimeout and clearTimeout around the await)",
  count: 100_000,
  asyncio: "timeout_unfired",
  async tsyncio() {
    let total = 0
    for (let i = 0; i < 100_000; i += 1) total += await timeout(1_000_000, one)
    expectResult(total, 100_000)
  },
  async bare() {
    let total = 0
    for (let i = 0; i < 100_000; i += 1) {
      const timer = setTimeout(() => {}, 1_000_000)
      try {
        total += await one()
      } finally {
        clearTimeout(timer)
      }
    }
    expectResult(total, 100_000)
  },
}
