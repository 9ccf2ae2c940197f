// What does it cost that one AbortSignal is given to very many waits?
import { createTask, joinOnly, sleep } from "tsyncio"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 100_000
const long = 1_000_000

export const sharedSignal: RateQuestion = {
  kind: "rate",
  name: "shared-signal",
  what: "100,000 tasks sleep under one AbortSignal, it is aborted, ends counted (by hand: one listener, a set of what to reject, timers cleared)",
  count,
  async tsyncio() {
    const controller = new AbortController()
    const { signal } = controller
    const tasks = Array.from({ length: count }, () => createTask(() => sleep(long, null, { signal })))
    await sleep(0)
    controller.abort()
    let ended = 0
    for (const task of tasks) {
      try {
        await joinOnly(task)
      } catch (error) {
        ended += error === signal.reason ? 1 : 0
      }
    }
    expectResult(ended, count)
  },
  async bare() {
    const controller = new AbortController()
    const waiting = new Set<() => void>()
    controller.signal.addEventListener("abort", () => {
      for (const end of waiting) end()
    })
    const work = (): Promise<void> =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(resolve, long)
        waiting.add(() => {
          clearTimeout(timer)
          reject(controller.signal.reason as Error)
        })
      })
    const ends = Promise.allSettled(Array.from({ length: count }, async () => work()))
    await Promise.resolve()
    controller.abort()
    let ended = 0
    for (const end of await ends) ended += end.status === "rejected" ? 1 : 0
    expectResult(ended, count)
  },
}
