// What does it cost to ask a rate limiter that has enough left?
import { RateLimiter } from "tsyncio"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 10_000
const limit = 1_000_000_000

export const rateLimiter: RateQuestion = {
  kind: "rate",
  name: "rate-limiter",
  what: "10,000 requests, one after the other, through a budget that is never used up, runs counted (by hand: a token bucket over performance.now)",
  count,
  async tsyncio() {
    const limiter = new RateLimiter({ budgets: { requests: { limit, per: 1000 } } })
    let done = 0
    const request = async (): Promise<number> => (done += 1)
    for (let i = 0; i < count; i += 1) await limiter.run(request)
    expectResult(done, count)
  },
  async bare() {
    let tokens = limit
    let last = performance.now()
    const take = async (): Promise<void> => {
      for (;;) {
        const now = performance.now()
        tokens = Math.min(limit, tokens + ((now - last) * limit) / 1000)
        last = now
        if (tokens >= 1) break
        await new Promise((resolve) => setTimeout(resolve, ((1 - tokens) * 1000) / limit))
      }
      tokens -= 1
    }
    let done = 0
    const request = async (): Promise<number> => (done += 1)
    for (let i = 0; i < count; i += 1) {
      await take()
      await request()
    }
    expectResult(done, count)
  },
  peers: {
    async "p-queue"({ default: PQueue }) {
      const queue = new PQueue({ intervalCap: limit, interval: 1000 })
      let done = 0
      const request = async (): Promise<number> => (done += 1)
      for (let i = 0; i < count; i += 1) await queue.add(request)
      expectResult(done, count)
    },
  },
}
