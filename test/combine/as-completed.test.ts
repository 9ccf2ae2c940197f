// Outcomes in order of finishing: who gets which, what a limit means, and what stays on the works.
import { getEventListeners } from "node:events"
import { describe, expect, expectTypeOf, it } from "vitest"
import type { FutureListener } from "../../src/core/lowlevel.ts"
import { clock, timerCount } from "../../src/core/lowlevel.ts"
import type { Problem, Task } from "../../src/index.ts"
import {
  CancelledError,
  Future,
  TimeoutError,
  asCompleted,
  collect,
  createTask,
  joinOnly,
  run,
  sleep,
  taskGroup,
  wait,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** A future that counts who listens. */
class CountedFuture<T> extends Future<T> {
  readonly listeners = new Set<FutureListener>()
  override addListener(listener: FutureListener): void {
    this.listeners.add(listener)
    super.addListener(listener)
  }
  override removeListener(listener: FutureListener): void {
    this.listeners.delete(listener)
    super.removeListener(listener)
  }
}

const sleeper = (ms: number) => () => sleep(ms, ms)
const values = (outcomes: readonly { readonly ok: boolean; readonly value?: unknown }[]): unknown[] =>
  outcomes.map((outcome) => outcome.value)

describe("asCompleted()", () => {
  it("ASCOMP-01: gives the values in order of finishing", () =>
    runVirtual(async () => {
      const outcomes = await collect.array(asCompleted([30, 10, 20].map(sleeper)))
      expect(values(outcomes)).toEqual([10, 20, 30])
      expect(now()).toBe(30)
    }))

  it("ASCOMP-02: names the very tasks it was given, done by then; for functions it makes tasks", () =>
    runVirtual(async () => {
      const tasks = [30, 10].map((ms) => createTask(sleeper(ms)))
      const seen: Task<number>[] = []
      for await (const { task } of asCompleted(tasks)) {
        expect(task.done()).toBe(true)
        seen.push(task)
      }
      expect(seen).toEqual([tasks[1], tasks[0]])
      for await (const { task } of asCompleted([async () => 1])) expect(task.name).toMatch(/^Task-/)
    }))

  it("ASCOMP-03: a work that fails or is cancelled is an outcome, and the iteration goes on", () =>
    runVirtual(async () => {
      const mine = new Error("mine")
      const cancelled = createTask(sleeper(1000))
      const works = [() => sleep(20).then(() => Promise.reject(mine)), cancelled, sleeper(30)]
      const completions = asCompleted(works)
      await sleep(10)
      cancelled.cancel("out")
      const outcomes = await collect.array(completions)
      expect(outcomes).toMatchObject([
        { ok: false, error: { reason: "out" }, task: cancelled },
        { ok: false, error: mine },
        { ok: true, value: 30 },
      ])
      expect(() => outcomes[1]?.task.result()).toThrow(mine)
    }))

  it("ASCOMP-04: throws when the time is over, once for each work that is left; nothing is cancelled", () =>
    runVirtual(async () => {
      const tasks = [10, 40, 50].map((ms) => createTask(sleeper(ms)))
      const completions = asCompleted(tasks, { timeout: 20 })
      expect(await completions.next()).toMatchObject({ value: { value: 10 } })
      await expect(completions.next()).rejects.toMatchObject({
        name: "TimeoutError",
        message: "Timed out after 20 ms: 2 of the works were not done in time",
      })
      expect(now()).toBe(20)
      await sleep(100)
      expect(tasks.map((task) => task.result())).toEqual([10, 40, 50])
      await expect(completions.next()).rejects.toBeInstanceOf(TimeoutError)
      expect(await completions.next()).toEqual({ done: true, value: undefined })
    }))

  it("ASCOMP-04: the time counts from the call, not from the first step; what was done in time is still given", () =>
    runVirtual(async () => {
      const completions = asCompleted([10, 30].map(sleeper), { timeout: 20 })
      await sleep(100)
      expect(await completions.next()).toMatchObject({ value: { value: 10 } })
      await expect(completions.next()).rejects.toThrow("1 of the works were not done in time")
    }))

  it("ASCOMP-04: leaves the loop by the error, and nothing on the works", () =>
    runVirtual(async () => {
      const futures = [new CountedFuture<void>(), new CountedFuture<void>()]
      const loop = async (): Promise<void> => {
        for await (const { ok } of asCompleted(futures, { timeout: 5 })) expect.unreachable(String(ok))
      }
      await expect(loop()).rejects.toBeInstanceOf(TimeoutError)
      expect(futures.map((future) => future.listeners.size)).toEqual([0, 0])
      expect(timerCount()).toBe(0)
    }))

  it("ASCOMP-06: duplicates come once, an empty list gives nothing", () =>
    runVirtual(async () => {
      const task = createTask(sleeper(1))
      const fn = sleeper(2)
      expect(values(await collect.array(asCompleted([task, fn, task, fn])))).toEqual([1, 2])
      expect(await collect.array(asCompleted([]))).toEqual([])
    }))

  it("ASCOMP-07: a loop that was left can be taken up again; leaving it cancels nothing", () =>
    runVirtual(async () => {
      const completions = asCompleted([40, 10, 30, 20].map(sleeper))
      const first: unknown[] = []
      for await (const outcome of completions) {
        first.push(outcome.ok && outcome.value)
        if (first.length === 2) break
      }
      expect(first).toEqual([10, 20])
      expect(values(await collect.array(completions))).toEqual([30, 40])
    }))

  it("ASCOMP-08: of several steps taken at once the first gets the first completion", () =>
    runVirtual(async () => {
      const completions = asCompleted([30, 10, 20].map(sleeper))
      const steps = [completions.next(), completions.next(), completions.next(), completions.next()]
      expect(await Promise.all(steps)).toMatchObject([
        { value: { value: 10 } },
        { value: { value: 20 } },
        { value: { value: 30 } },
        { done: true },
      ])
    }))

  it("gives works that are done already at once, and lets nobody in", () =>
    runVirtual(async () => {
      const tasks = [createTask(async () => "a"), createTask(async () => "b")]
      await sleep(0)
      const other = createTask(async () => expect.unreachable("nobody gets a turn"))
      expect(values(await collect.array(asCompleted(tasks)))).toEqual(["a", "b"])
      other.cancel()
    }))

  it("cancelled while waiting it ends, and the works run on", () =>
    runVirtual(async () => {
      const future = new CountedFuture<string>()
      const completions = asCompleted([future])
      const waiter = createTask(() => completions.next())
      await sleep(0)
      waiter.cancel("enough")
      await expect(joinOnly(waiter)).rejects.toMatchObject({ reason: "enough" })
      expect(future.done()).toBe(false)
      future.setResult("late")
      expect(await completions.next()).toMatchObject({ value: { value: "late" } })
      expect(await completions.next()).toMatchObject({ done: true })
    }))

  it("cancelled in the turn in which it was served, the outcome goes to whoever asks next", () =>
    runVirtual(async () => {
      for (const isNextInLine of [true, false]) {
        const futures = [new Future<string>(), new Future<string>()]
        const completions = asCompleted(futures)
        const first = createTask(() => completions.next())
        await sleep(0)
        const second = isNextInLine ? createTask(() => completions.next()) : null
        await sleep(0)
        futures[1]?.setResult("kept")
        first.cancel()
        await expect(joinOnly(first)).rejects.toBeInstanceOf(CancelledError)
        expect(await (second ?? completions.next())).toMatchObject({ value: { value: "kept" } })
        futures[0]?.setResult("last")
        expect(await completions.next()).toMatchObject({ value: { value: "last" } })
        expect(await completions.next()).toMatchObject({ done: true })
      }
    }))

  it("is shared by several tasks without losing or doubling an outcome", () =>
    runVirtual(async () => {
      const completions = asCompleted(Array.from({ length: 100 }, (_, i) => sleeper((i * 7) % 50)))
      const seen: number[] = []
      await taskGroup(async (group) => {
        for (let n = 0; n < 3; n += 1) {
          void group.createTask(async () => {
            for await (const outcome of completions) {
              if (outcome.ok) seen.push(outcome.value)
              await sleep(1)
            }
          })
        }
      })
      expect(seen).toHaveLength(100)
    }))

  it("whoever of those who ask is cancelled, each outcome comes to somebody once", async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      await runVirtual(
        async () => {
          const completions = asCompleted(
            Array.from({ length: 12 }, (_, i) => () => sleep(Math.floor(clock.random() * 5), i)),
          )
          const seen: unknown[] = []
          const reader = async (): Promise<void> => {
            for await (const outcome of completions) {
              seen.push(outcome.ok && outcome.value)
              if (clock.random() < 0.5) await sleep(Math.floor(clock.random() * 2))
            }
          }
          const readers = Array.from({ length: 3 }, () => createTask(reader))
          for (let i = 0; i < 6; i += 1) {
            await sleep(Math.floor(clock.random() * 2))
            readers[i % 3]?.cancel()
            readers[i % 3] = createTask(reader)
          }
          await wait(readers)
          await reader()
          expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(
            Array.from({ length: 12 }, (_, i) => i),
          )
        },
        { seed },
      )
    }
  })

  it("ends with the signal's reason, and leaves no listener on the signal", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const completions = asCompleted([sleeper(10), sleeper(1000)], { signal: controller.signal })
      expect(await completions.next()).toMatchObject({ value: { value: 10 } })
      const waiting = createTask(() => completions.next())
      await sleep(5)
      controller.abort("stop")
      await expect(joinOnly(waiting)).rejects.toBe("stop")
      await expect(completions.next()).rejects.toBe("stop")
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0)
    }))

  it("starts nothing when the signal has aborted already", () =>
    runVirtual(async () => {
      const never = (): never => expect.unreachable("not started")
      const completions = asCompleted([never], { signal: AbortSignal.abort("before") })
      await expect(completions.next()).rejects.toBe("before")
      expect(() => asCompleted([never], { timeout: NaN })).toThrow(RangeError)
      expect(() => asCompleted([never], { timeout: "1" as never })).toThrow(TypeError)
      await sleep(1)
    }))

  it("a failure that nobody takes is reported", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        const completions = asCompleted([() => Promise.reject(new Error("taken")), sleeper(5)])
        await completions.next()
        asCompleted([() => Promise.reject(new Error("not taken"))])
        await completions.next()
      },
      { onProblem: (problem) => problems.push(problem), handleSignals: false },
    )
    expect(problems).toMatchObject([{ error: { message: "not taken" } }])
  })

  it("lets the others in when ten thousand are done already", async () => {
    let isThrough = false
    await run(
      async () => {
        const futures = Array.from({ length: 10_000 }, () => new Future<void>())
        for (const future of futures) future.setResult()
        const ticker = setImmediate(() => (isThrough = true))
        const end = performance.now() + 15
        for await (const { ok } of asCompleted(futures)) if (ok) while (performance.now() < end);
        clearImmediate(ticker)
      },
      { handleSignals: false },
    )
    expect(isThrough).toBe(true)
  })

  it("knows the type of each outcome", () =>
    runVirtual(async () => {
      const number = createTask(async () => 1)
      for await (const outcome of asCompleted([number, async () => "a"])) {
        if (outcome.ok) expectTypeOf(outcome.value).toEqualTypeOf<number | string>()
        else expectTypeOf(outcome.error).toBeUnknown()
        expectTypeOf(outcome.task).toEqualTypeOf<Task<number> | Task<string>>()
      }
    }))

  it("works outside a run", async () => {
    expect(values(await collect.array(asCompleted([sleeper(200), sleeper(1)])))).toEqual([1, 200])
  })
})
