// A clock that jumps: only when nothing can run, never ahead of real I/O, and always the same.
import { readFile } from "node:fs/promises"
import { describe, expect, it } from "vitest"
import { clock } from "../../src/core/lowlevel.ts"
import {
  Future,
  InvalidStateError,
  createTask,
  joinOnly,
  moveOnAfter,
  retry,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { VirtualClock, now, runVirtual } from "../../src/testing/index.ts"

describe("VirtualClock", () => {
  it("JSX-07: sleeps, limits and retries take no real time", async () => {
    const start = performance.now()
    await runVirtual(async () => {
      await sleep(86_400_000)
      await timeout(3_600_000, () => sleep(1e9)).catch(() => {})
      await moveOnAfter(3_600_000, () => sleep(1e9))
      await retry(() => Promise.reject(new Error("no")), {
        attempts: 3,
        delay: 3_600_000,
        jitter: false,
      }).catch(() => {})
      expect(now()).toBe(86_400_000 + 5 * 3_600_000)
    })
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it("starts at zero, and the wall time where it is told", () =>
    runVirtual(
      async () => {
        expect([now(), clock.now(), clock.wallTime()]).toEqual([0, 0, 1e12])
        await sleep(5)
        expect([now(), clock.now(), clock.wallTime()]).toEqual([5, 5, 1e12 + 5])
      },
      { wallTime: 1e12 },
    ))

  it("jumps from one deadline to the next, in order", () =>
    runVirtual(async () => {
      const log: number[] = []
      await taskGroup(async (group) => {
        for (const ms of [30, 10, 20.5, 10]) {
          group.createTask(async () => {
            await sleep(ms)
            log.push(now())
            await sleep(1)
            log.push(now())
          })
        }
      })
      expect(log).toEqual([10, 10, 11, 11, 20.5, 21.5, 30, 31])
    }))

  it("stands still while a task computes, however long", () =>
    runVirtual(async () => {
      const end = performance.now() + 5
      while (performance.now() < end);
      for (let i = 0; i < 1000; i += 1) await Promise.resolve()
      expect(now()).toBe(0)
    }))

  it("stands still while a task is in real I/O, although others sleep", () =>
    runVirtual(async () => {
      const log: string[] = []
      await taskGroup(async (group) => {
        group.createTask(async () => {
          await sleep(1)
          log.push("slept")
        })
        const text = await readFile(new URL(import.meta.url), "utf8")
        await new Promise((resolve) => setTimeout(resolve, 5))
        log.push("read")
        expect(text).toContain("stands still")
        expect(now()).toBe(0)
      })
      expect(log).toEqual(["read", "slept"])
      expect(now()).toBe(1)
    }))

  it("does not jump to a timer that was taken back", () =>
    runVirtual(async () => {
      const sleeper = createTask(() => sleep(10_000))
      await sleep(0)
      sleeper.cancel()
      await joinOnly(sleeper).catch(() => {})
      const future = new Future<string>()
      setTimeout(() => future.setResult("real"), 5)
      expect(await future).toBe("real")
      expect(now()).toBe(0)
    }))

  it("goes on after a time without any timer", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      setTimeout(() => future.setResult(), 2)
      await future
      await sleep(7)
      expect(now()).toBe(7)
    }))

  it("tasks that only feed each other do not make time pass", () =>
    runVirtual(async () => {
      for (let i = 0; i < 20_000; i += 1) await sleep(0)
      expect(now()).toBe(0)
    }))

  it("draws the same numbers for the same seed, between zero and one, for any seed", async () => {
    const draw = (seed: number | undefined): Promise<number[]> =>
      runVirtual(async () => Array.from({ length: 500 }, () => clock.random()), { seed })
    const drawn = await draw(undefined)
    expect(await draw(1)).toEqual(drawn)
    const seeds = [0, 1, 2, 3, -1, -7.5, 0.3, 2 ** 31 - 1, 2 ** 31, 1e300, Infinity, NaN]
    for (const seed of seeds) {
      const numbers = await draw(seed)
      expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
      expect(Math.max(...numbers)).toBeLessThan(1)
      expect(new Set(numbers).size).toBeGreaterThan(490)
      const mean = numbers.reduce((sum, one) => sum + one, 0) / numbers.length
      expect(mean).toBeGreaterThan(0.4)
      expect(mean).toBeLessThan(0.6)
    }
    const first = [1, 2, 3].map((seed) => new VirtualClock({ seed }).random())
    expect(Math.max(...first) - Math.min(...first)).toBeGreaterThan(0.01)
  })

  it("gives the platform's clock back", async () => {
    const before = clock.now()
    await runVirtual(() => sleep(1e9))
    expect(clock.now()).toBeGreaterThanOrEqual(before)
    expect(clock.now()).toBeLessThan(before + 60_000)
    const start = performance.now()
    await sleep(5)
    expect(performance.now() - start).toBeGreaterThanOrEqual(4.9)
  })

  it("gives it back when the test fails", async () => {
    await expect(
      runVirtual(async () => {
        await sleep(1e9)
        throw new Error("mine")
      }),
    ).rejects.toThrow("mine")
    expect(clock.now()).toBeLessThan(1e9)
  })

  it("is installed once at a time", async () => {
    const uninstall = new VirtualClock().install()
    try {
      expect(() => new VirtualClock().install()).toThrow(
        new InvalidStateError("Cannot install the virtual clock: another one is in force"),
      )
      await expect(runVirtual(async () => 1)).rejects.toThrow("another one is in force")
    } finally {
      uninstall()
      uninstall()
    }
    expect(await runVirtual(async () => now())).toBe(0)
  })
})
