import { describe, expect, it } from "vitest"
import type { ClockSource, ClockTimer, TimerEntry } from "../../src/core/lowlevel.ts"
import {
  installClock,
  nextDeadline,
  rearmTimers,
  startTimer,
  stopTimer,
  timerCount,
} from "../../src/core/lowlevel.ts"
import { longestDelay } from "../../src/core/clock.ts"
import { runProgram } from "./child.ts"

/** A clock moved by hand, that notes what is asked of it. */
class HandClock implements ClockSource {
  time = 0
  isReferenced = true
  /** Platform timers that are running. */
  readonly running = new Map<number, { readonly dueAt: number; fire(): void }>()
  #last = 0

  now(): number {
    return this.time
  }
  wallTime(): number {
    return this.time
  }
  random(): number {
    return 0.5
  }
  startTimer(delay: number, fire: () => void): ClockTimer {
    this.#last += 1
    const id = this.#last
    this.isReferenced = true
    this.running.set(id, { dueAt: this.time + Math.max(delay, 0), fire })
    return {
      ref: () => void (this.isReferenced = true),
      unref: () => void (this.isReferenced = false),
      clear: () => void this.running.delete(id),
    }
  }

  moveTo(time: number): void {
    this.time = time
    for (const [id, timer] of Array.from(this.running)) {
      if (timer.dueAt > time) continue
      this.running.delete(id)
      timer.fire()
    }
  }
}

function withClock(test: (clock: HandClock) => void): void {
  const clock = new HandClock()
  const uninstall = installClock(clock)
  rearmTimers()
  try {
    test(clock)
    expect(timerCount()).toBe(0)
  } finally {
    uninstall()
    rearmTimers()
  }
}

const log: string[] = []
const entry = (name: string, dueAt: number, then: () => void = () => {}): TimerEntry => ({
  heapIndex: -1,
  timerOrder: 0,
  dueAt,
  fire: () => {
    log.push(name)
    then()
  },
})

describe("timers", () => {
  it("T6: fire in one pass in order of deadline, then of creation", () =>
    withClock((clock) => {
      log.length = 0
      const late = entry("late", 30)
      for (const one of [entry("c", 20), entry("a", 10), late, entry("b1", 15), entry("b2", 15)])
        startTimer(one)
      expect([timerCount(), nextDeadline(), clock.running.size]).toEqual([5, 10, 1])
      clock.moveTo(25)
      expect([log, nextDeadline()]).toEqual([["a", "b1", "b2", "c"], 30])
      clock.moveTo(29)
      expect(log).toHaveLength(4)
      expect([stopTimer(late), stopTimer(late), nextDeadline()]).toEqual([true, false, null])
    }))

  it("started in a pass fire in it if they are due, and not twice", () =>
    withClock((clock) => {
      log.length = 0
      startTimer(entry("a", 10, () => startTimer(entry("now", 10))))
      startTimer(entry("b", 10, () => startTimer(entry("later", 11))))
      clock.moveTo(10)
      expect(log).toEqual(["a", "b", "now"])
      clock.moveTo(11)
      expect(log).toEqual(["a", "b", "now", "later"])
    }))

  it("stopped in a pass do not fire", () =>
    withClock((clock) => {
      log.length = 0
      const second = entry("second", 10)
      startTimer(entry("first", 10, () => stopTimer(second)))
      startTimer(second)
      clock.moveTo(10)
      expect(log).toEqual(["first"])
    }))

  it("need one platform timer, moved only for an earlier deadline", () =>
    withClock((clock) => {
      log.length = 0
      const entries = [50, 60, 40].map((dueAt) => entry(`${dueAt}`, dueAt))
      for (const one of entries) startTimer(one)
      expect([...clock.running.values()].map(({ dueAt }) => dueAt)).toEqual([40])
      stopTimer(entries[2] as TimerEntry)
      clock.moveTo(40)
      expect(log).toEqual([])
      expect([...clock.running.values()].map(({ dueAt }) => dueAt)).toEqual([50])
      clock.moveTo(60)
      expect(log).toEqual(["50", "60"])
      expect(clock.running.size).toBe(0)
    }))

  it("keep the process alive while one is to fire that is not weak", () =>
    withClock((clock) => {
      const strong = entry("strong", 50)
      const weak: TimerEntry = { ...entry("weak", 60), isWeak: true }
      startTimer(strong)
      expect(clock.isReferenced).toBe(true)
      stopTimer(strong)
      expect(clock.isReferenced).toBe(false)
      startTimer(weak)
      expect(clock.isReferenced).toBe(false)
      startTimer(strong)
      expect(clock.isReferenced).toBe(true)
      clock.moveTo(50)
      expect(clock.isReferenced).toBe(false)
      clock.moveTo(60)
    }))

  it("longer than the platform takes are started again", () =>
    withClock((clock) => {
      log.length = 0
      const far = longestDelay * 2
      startTimer(entry("far", far))
      clock.moveTo(longestDelay)
      expect(log).toEqual([])
      clock.moveTo(far)
      expect(log).toEqual(["far"])
    }))

  it("of thirty days do not fire at once, as setTimeout does", async () => {
    const end = await runProgram(`
      void run(async () => {
        await Promise.race([sleep(30 * 86_400_000).then(() => console.log("overflow")), sleep(50)])
        console.log("in time")
      })
    `)
    expect([end.code, end.stdout, end.stderr]).toEqual([0, "in time\n", ""])
  })
})
