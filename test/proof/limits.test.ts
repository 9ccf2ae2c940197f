// Rate limiter and pool: never more than may be, nothing lent twice, nothing lost.
import { Pool, RateLimiter, sleep } from "../../src/index.ts"
import { now } from "../../src/testing/index.ts"
import type { Trial } from "./prove.ts"
import { must, prove } from "./prove.ts"

/** Three tasks start two things at once and one each 50 ms from then on, two at a time. */
function rateTrial(rounds: number): Trial {
  const limiter = new RateLimiter({ budgets: { calls: { limit: 2, per: 100 } }, burst: 2, concurrency: 2 })
  const starts: number[] = []
  let inside = 0
  const call = async (): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      const permit = await limiter.acquire()
      starts.push(now())
      inside += 1
      must(inside <= 2, "two at a time")
      try {
        await sleep(0)
      } finally {
        inside -= 1
        permit.release()
      }
    }
  }
  return {
    bodies: [call, call, call],
    check() {
      // A bucket of two that is full at the start: between any two starts lies the time for those between.
      for (const [last, end] of starts.entries())
        for (const [first, begin] of starts.slice(0, last).entries())
          must(last - first + 1 <= 2 + (end - begin) / 50 + 1e-9, "no faster than the budget")
      must(inside === 0, "nobody inside")
    },
  }
}

/** Three tasks borrow one of so many things, which take a turn to make. */
function poolTrial(max: number, rounds: number): Trial {
  const made = new Set<number>()
  const lent = new Set<number>()
  let number = 0
  const pool = new Pool<number>({
    max,
    create: async () => {
      number += 1
      const thing = number
      // Closing the pool cancels what is being made.
      if (rounds > 1) await sleep(0)
      made.add(thing)
      must(made.size <= max, `${max} at most`)
      return thing
    },
    destroy: (thing) => {
      must(!lent.has(thing), "what is lent is not destroyed")
      made.delete(thing)
    },
  })
  const borrow = async (): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      const lease = await pool.acquire()
      must(!lent.has(lease.value), "lent once at a time")
      lent.add(lease.value)
      try {
        await sleep(0)
      } finally {
        lent.delete(lease.value)
        lease.release()
      }
    }
  }
  return {
    bodies: [borrow, borrow, borrow],
    async check() {
      must(lent.size === 0, "all are back")
      await pool.close()
      must(made.size === 0, "all are destroyed")
    },
  }
}

prove("rate limiter", rateTrial, { rounds: 3 })
prove("pool of one", (rounds) => poolTrial(1, rounds))
prove("pool of two", (rounds) => poolTrial(2, rounds), { mostDeviations: 5 })
