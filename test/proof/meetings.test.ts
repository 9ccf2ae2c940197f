// Condition, event, barrier and once: nobody is left waiting, and nobody goes on too soon.
import type { Task } from "../../src/index.ts"
import { Barrier, BrokenBarrierError, Condition, Event, createTask, once, sleep } from "../../src/index.ts"
import type { Trial } from "./prove.ts"
import { must, prove } from "./prove.ts"

/**
 * Two pass on one thing under a condition, a notice each time, and one brings it: a notice that is lost leaves the
 * other waiting for ever.
 */
function conditionTrial(rounds: number): Trial {
  const condition = new Condition()
  let things = 0
  let inside = 0
  let substitute: Task<void> | null = null
  const pass = async (): Promise<void> => {
    for (let round = 0; round < rounds; round += 1)
      await condition.run(async () => {
        await condition.waitFor(() => things > 0)
        inside += 1
        must(inside === 1 && condition.locked(), "the lock is held by one")
        things -= 1
        try {
          if (rounds > 1) await sleep(0)
        } finally {
          inside -= 1
          things += 1
          condition.notify()
        }
      })
  }
  const bring = (): Promise<void> =>
    condition.run(async () => {
      if (things === 0) {
        things += 1
        condition.notify()
      }
      // Who was notified now has to wait for the lock as well.
      await sleep(0)
    })
  return {
    bodies: [pass, pass, bring],
    ended(task, isCancelled) {
      if (task === 2 && isCancelled) substitute = createTask(bring, { name: "substitute" })
    },
    async check() {
      await substitute
      must(things === 1, "the thing is there")
      must(!condition.locked() && condition.statistics().waiting === 0, "nobody waits")
    },
  }
}

/** Two wait for an event, twice as often as one sets it and takes it back, until it stays set. */
function eventTrial(rounds: number): Trial {
  const event = new Event()
  let sets = 0
  const wait = async (): Promise<void> => {
    for (let left = 2 * rounds; left > 0; left -= 1) {
      const before = event.isSet() ? -1 : sets
      must(await event.wait(), "wait() gives true")
      must(sets > before, "the event was set")
      if (left > 1) await sleep(0)
    }
  }
  return {
    bodies: [
      wait,
      wait,
      async () => {
        for (let round = 0; round < rounds; round += 1) {
          sets += 1
          event.set()
          await sleep(0)
          event.clear()
          if (rounds > 1) await sleep(0)
        }
      },
    ],
    ended(task) {
      if (task !== 2) return
      sets += 1
      event.set()
    },
    check: () => must(event.statistics().waiting === 0, "nobody waits"),
  }
}

/** Three meet, again and again; when one is cancelled, the barrier is broken for the others. */
function barrierTrial(rounds: number): Trial {
  const barrier = new Barrier(3)
  const came = Array<number>(rounds).fill(0)
  const places = Array.from({ length: rounds }, () => new Set<number>())
  let broken = 0
  const meet = async (): Promise<void> => {
    try {
      for (let round = 0; round < rounds; round += 1) {
        came[round] = (came[round] ?? 0) + 1
        const place = await barrier.wait()
        must(came[round] === 3, "all have come")
        must(!places[round]?.has(place), "each place is given once")
        places[round]?.add(place)
      }
    } catch (error) {
      if (!(error instanceof BrokenBarrierError)) throw error
      broken += 1
    }
  }
  let cancelled = 0
  return {
    bodies: [meet, meet, meet],
    ended(_task, isCancelled) {
      if (!isCancelled) return
      cancelled += 1
      barrier.abort()
    },
    check() {
      must(barrier.waiting === 0, "nobody waits")
      must(broken === 0 || cancelled > 0, "broken only when somebody was cancelled")
      if (cancelled === 0) for (const round of places) must(round.size === 3, "all went through")
    },
  }
}

/** Three ask for what is made once. */
function onceTrial(rounds: number): Trial {
  let starts = 0
  let ends = 0
  const value = once(async () => {
    starts += 1
    must(starts - ends <= 2, "made by one, or by one more after the last caller had left")
    for (let round = 0; round < rounds; round += 1) await sleep(0)
    ends += 1
    return `value ${ends}`
  })
  const ask = async (): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) must((await value()) === "value 1", "all get the same")
  }
  return {
    bodies: [ask, ask, ask],
    check() {
      must(ends === 1, "made once")
      must(starts <= 2, "begun again only after a cancel")
    },
  }
}

prove("condition", conditionTrial, { rounds: 3 })
prove("event", eventTrial)
prove("barrier", barrierTrial, { rounds: 3 })
prove("once", onceTrial, { rounds: 3 })
