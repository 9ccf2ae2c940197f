// What does it cost to wait for a state, with the lock taken back?
import { Condition, taskGroup } from "tsyncio"
import { BareSemaphore } from "../bare/bare-semaphore.js"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 5000

export const condition: RateQuestion = {
  kind: "rate",
  name: "condition",
  what: "two tasks take turns 5,000 times each: wait under the lock until it is my turn, pass the turn on, notify (by hand: a lock and a line of resolvers)",
  count: 2 * count,
  asyncio: "condition",
  async tsyncio() {
    const changed = new Condition()
    let turn = 0
    const player = async (me: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        await changed.acquire()
        while (turn % 2 !== me) await changed.wait()
        turn += 1
        changed.notify()
        changed.release()
      }
    }
    await taskGroup((group) => {
      group.createTask(() => player(0))
      group.createTask(() => player(1))
    })
    expectResult(turn, 2 * count)
  },
  async bare() {
    const lock = new BareSemaphore(1)
    const line: (() => void)[] = []
    let turn = 0
    const player = async (me: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) {
        await lock.acquire()
        while (turn % 2 !== me) {
          const notice = new Promise<void>((resolve) => line.push(resolve))
          lock.release()
          await notice
          await lock.acquire()
        }
        turn += 1
        line.shift()?.()
        lock.release()
      }
    }
    await Promise.all([player(0), player(1)])
    expectResult(turn, 2 * count)
  },
}
