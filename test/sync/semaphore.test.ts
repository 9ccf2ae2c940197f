// A bounded number of tasks inside: order, hand-over, cancelling, and counts.
import { getEventListeners } from "node:events"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import type { Permit, Task } from "../../src/index.ts"
import {
  CancelledError,
  Semaphore,
  TimeoutError,
  createTask,
  gather,
  joinOnly,
  moveOnAfter,
  run,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

describe("Semaphore", () => {
  it("SEM-02: is locked when it starts with zero; the default is one", async () => {
    expect(new Semaphore(0).locked()).toBe(true)
    expect(new Semaphore().statistics()).toEqual({ free: 1, waiting: 0 })
  })

  it("SEM-02: refuses what is no number of permits", () => {
    expect(() => new Semaphore(-1)).toThrow(
      new RangeError("Expected `permits` to be an integer from 0 up, got `-1` (number)"),
    )
    expect(() => new Semaphore(1.5)).toThrow(RangeError)
    expect(() => new Semaphore(NaN)).toThrow(RangeError)
    expect(() => new Semaphore("2" as unknown as number)).toThrow(TypeError)
  })

  it("SEM-03: at most three of twenty are inside at any time", () =>
    runVirtual(async () => {
      const gate = new Semaphore(3)
      let inside = 0
      let most = 0
      await taskGroup(async (group) => {
        for (let i = 0; i < 20; i += 1) {
          group.createTask(() =>
            gate.run(async () => {
              inside += 1
              most = Math.max(most, inside)
              await sleep(1 + (i % 3))
              inside -= 1
            }),
          )
        }
      })
      expect(most).toBe(3)
      expect(gate.statistics()).toEqual({ free: 3, waiting: 0 })
    }))

  it("SEM-04: who acquires again goes to the back of the line", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      const log: string[] = []
      const worker = async (name: string): Promise<void> => {
        for (const round of [1, 2]) {
          const permit = await gate.acquire()
          log.push(`${name}_${round}`)
          permit.release()
        }
      }
      const group = taskGroup(async (group) => {
        for (const name of ["c1", "c2", "c3"]) group.createTask(() => worker(name))
      })
      await sleep(0)
      gate.release()
      await group
      expect(log).toEqual(["c1_1", "c2_1", "c3_1", "c1_2", "c2_2", "c3_2"])
    }))

  it("SEM-05: who was woken, releases and acquires again overtakes nobody", () =>
    runVirtual(async () => {
      const gate = new Semaphore(1)
      const log: number[] = []
      const first = await gate.acquire()
      await taskGroup(async (group) => {
        group.createTask(async () => {
          const permit = await gate.acquire()
          log.push(1)
          permit.release()
          await gate.acquire().then((again) => again.release())
          log.push(4)
        })
        group.createTask(() => gate.run(() => log.push(2)))
        group.createTask(() => gate.run(() => log.push(3)))
        await sleep(0)
        first.release()
      })
      expect(log).toEqual([1, 2, 3, 4])
    }))

  it("SEM-10: a release without an acquire lets one more in", () =>
    runVirtual(async () => {
      const gate = new Semaphore(1)
      gate.release()
      expect(gate.statistics().free).toBe(2)
    }))

  it("a free permit is taken without letting anybody in between", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const gate = new Semaphore(1)
      const other = createTask(async () => step(2))
      const permit = await gate.acquire()
      step(1)
      permit.release()
      await other
      finish(3)
    }))

  it("a newcomer does not take a permit that was handed to a waiter", () =>
    runVirtual(async () => {
      const gate = new Semaphore(1)
      const held = await gate.acquire()
      const log: string[] = []
      const waiter = createTask(() => gate.run(() => log.push("waiter")))
      await sleep(0)
      held.release()
      expect(gate.locked()).toBe(true)
      await gate.run(() => log.push("newcomer"))
      expect(log).toEqual(["waiter", "newcomer"])
      await waiter
    }))

  it("wakes waiters in order of arrival", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      const log: number[] = []
      await taskGroup(async (group) => {
        for (let i = 0; i < 5; i += 1) group.createTask(() => gate.acquire().then(() => log.push(i)))
        await sleep(0)
        for (let i = 0; i < 5; i += 1) gate.release()
      })
      expect(log).toEqual([0, 1, 2, 3, 4])
    }))

  it("a waiter that is cancelled leaves the line, and the others keep their order", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      const log: string[] = []
      const tasks = ["a", "b", "c"].map((name) =>
        createTask(() => gate.acquire().then(() => log.push(name)), { name }),
      )
      await sleep(0)
      tasks[1]?.cancel()
      expect(gate.statistics()).toEqual({ free: 0, waiting: 2 })
      gate.release()
      gate.release()
      await gather(tasks, { returnExceptions: true })
      expect(log).toEqual(["a", "c"])
      expect(gate.statistics()).toEqual({ free: 0, waiting: 0 })
    }))

  it("a waiter cancelled in the turn it was served passes the permit on", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      const first = createTask(() => gate.acquire())
      const second = createTask(() => gate.acquire())
      await sleep(0)
      // Runs before the two: it stands in the queue before they are served.
      const canceller = createTask(async () => {
        first.cancel("too late")
      })
      gate.release()
      await canceller
      await expect(joinOnly(first)).rejects.toBeInstanceOf(CancelledError)
      const permit = await second
      expect(gate.statistics()).toEqual({ free: 0, waiting: 0 })
      permit.release()
      expect(gate.statistics().free).toBe(1)
    }))

  it("the last waiter cancelled in the turn it was served leaves the permit free", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      const only = createTask(() => gate.acquire())
      await sleep(0)
      gate.release()
      expect(gate.statistics()).toEqual({ free: 0, waiting: 0 })
      only.cancel()
      expect(gate.statistics()).toEqual({ free: 1, waiting: 0 })
      await expect(joinOnly(only)).rejects.toBeInstanceOf(CancelledError)
    }))

  it("run() gives the permit back when the function fails or is cancelled", () =>
    runVirtual(async () => {
      const gate = new Semaphore(1)
      await expect(
        gate.run(async () => {
          throw new Error("inside")
        }),
      ).rejects.toThrow("inside")
      expect(await moveOnAfter(5, () => gate.run(() => sleep(1000)))).toEqual({ timedOut: true })
      expect(await gate.run(() => "value")).toBe("value")
      expect(gate.statistics()).toEqual({ free: 1, waiting: 0 })
    }))

  it("a time limit around acquire() takes the waiter out of the line", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      await expect(timeout(5, () => gate.acquire())).rejects.toBeInstanceOf(TimeoutError)
      expect(gate.statistics()).toEqual({ free: 0, waiting: 0 })
    }))

  it("tells its state", () =>
    runVirtual(async () => {
      const gate = new Semaphore(2)
      expect(String(gate)).toBe("<Semaphore free=2 waiting=0>")
      await gate.acquire()
      await gate.acquire()
      const task = createTask(() => gate.acquire())
      await sleep(0)
      expect(String(gate)).toBe("<Semaphore locked waiting=1>")
      task.cancel()
    }))

  it("works outside a run", async () => {
    const gate = new Semaphore(1)
    const permit = await gate.acquire()
    setTimeout(() => permit.release(), 1)
    expect(await gate.run(() => "outside")).toBe("outside")
  })

  it("a loop that never has to wait keeps nobody else from running (T3)", async () => {
    let others = 0
    await run(async () => {
      const gate = new Semaphore(1)
      const other = createTask(async () => {
        for (;;) {
          others += 1
          await sleep(1)
        }
      })
      const end = performance.now() + 5000
      while (others < 3 && performance.now() < end) await gate.run(() => {})
      other.cancel()
      expect(gate.statistics()).toEqual({ free: 1, waiting: 0 })
    })
    expect(others).toBe(3)
  })

  it("a loop that never has to wait can be cancelled from outside (T3)", async () => {
    await run(async () => {
      const gate = new Semaphore(1)
      const busy = createTask(async () => {
        for (;;) {
          const permit = await gate.acquire()
          permit.release()
        }
      })
      await sleep(20)
      busy.cancel("enough")
      await expect(joinOnly(busy)).rejects.toMatchObject({ reason: "enough" })
      expect(gate.statistics()).toEqual({ free: 1, waiting: 0 })
    })
  })
})

describe("Semaphore with a signal or a limit", () => {
  it("rejects when the signal has aborted already, and takes nothing", () =>
    runVirtual(async () => {
      const reason = new Error("gone")
      const options = { signal: AbortSignal.abort(reason) }
      for (const gate of [new Semaphore(1), new Semaphore(0)]) {
        const before = gate.statistics()
        const acquiring = gate.acquire(options)
        await expect(acquiring).rejects.toBe(reason)
        await expect(gate.run(() => 1, options)).rejects.toBe(reason)
        expect(gate.statistics()).toEqual(before)
      }
    }))

  it("leaves the line when the signal aborts meanwhile", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      const controller = new AbortController()
      const { signal } = controller
      const tasks = [1, 2, 3].map(() => createTask(() => gate.acquire({ signal })))
      await sleep(0)
      expect(getEventListeners(signal, "abort")).toHaveLength(1)
      controller.abort("reason")
      expect(gate.statistics()).toEqual({ free: 0, waiting: 0 })
      for (const task of tasks) await expect(joinOnly(task)).rejects.toBe("reason")
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
    }))

  it("keeps the permit when the signal aborts in the turn it was served", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      const controller = new AbortController()
      const { signal } = controller
      const task = createTask(() => gate.acquire({ signal }))
      await sleep(0)
      gate.release()
      controller.abort("too late")
      const permit = await task
      permit.release()
      expect(gate.statistics()).toEqual({ free: 1, waiting: 0 })
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
    }))

  it("leaves no listener and no timer when it was served", () =>
    runVirtual(async () => {
      const gate = new Semaphore(1)
      const { signal } = new AbortController()
      await taskGroup(async (group) => {
        for (let i = 0; i < 50; i += 1) {
          group.createTask(() => gate.run(() => sleep(1), { signal, timeout: 1000 }))
        }
      })
      expect(now()).toBe(50)
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      expect(timerCount()).toBe(0)
    }))

  it("throws a TimeoutError after its limit and leaves the line", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      await expect(gate.acquire({ timeout: 10 })).rejects.toThrow(
        new TimeoutError("Timed out after 10 ms waiting for semaphore"),
      )
      expect(now()).toBe(10)
      await expect(gate.acquire({ timeout: 0 })).rejects.toBeInstanceOf(TimeoutError)
      expect(gate.statistics()).toEqual({ free: 0, waiting: 0 })
    }))

  it("refuses a limit that is no number, and takes nothing", () =>
    runVirtual(async () => {
      const gate = new Semaphore(1)
      await expect(gate.acquire({ timeout: NaN })).rejects.toThrow(RangeError)
      await expect(gate.acquire({ timeout: "5" as unknown as number })).rejects.toThrow(TypeError)
      expect(gate.statistics()).toEqual({ free: 1, waiting: 0 })
    }))
})

type Step =
  | { readonly kind: "acquire" }
  | { readonly kind: "release" | "cancel"; readonly pick: number }
  | { readonly kind: "turn" }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ kind: "acquire" }),
  fc.record({ kind: fc.constant("release" as const), pick: fc.nat(20) }),
  fc.record({ kind: fc.constant("cancel" as const), pick: fc.nat(20) }),
  fc.constant<Step>({ kind: "turn" }),
)

/** What a semaphore is to do, in a few lines: ids in order. */
class Model {
  readonly line: number[] = []
  readonly served: number[] = []
  readonly inside: number[] = []
  free: number
  constructor(free: number) {
    this.free = free
  }
  arrive(id: number): void {
    this.turn()
    if (this.free === 0) this.line.push(id)
    else {
      this.free -= 1
      this.inside.push(id)
    }
  }
  giveBack(): void {
    const next = this.line.shift()
    if (next === undefined) this.free += 1
    else this.served.push(next)
  }
  cancel(id: number): void {
    const place = this.line.indexOf(id)
    if (place >= 0) this.line.splice(place, 1)
    else {
      this.served.splice(this.served.indexOf(id), 1)
      this.giveBack()
    }
  }
  turn(): void {
    this.inside.push(...this.served.splice(0))
  }
}

describe("Semaphore against a model", () => {
  it("does what a list and a number do, whatever is released and cancelled when", () =>
    fc.assert(
      fc.asyncProperty(fc.nat(3), fc.array(anyStep, { maxLength: 60 }), (permits, plan) =>
        runVirtual(() => check(permits, plan)),
      ),
      { numRuns: 150 },
    ))
})

async function check(permits: number, plan: readonly Step[]): Promise<void> {
  const gate = new Semaphore(permits)
  const model = new Model(permits)
  const tasks: Task<void>[] = []
  const inside = new Map<number, Permit>()
  for (const step of plan) {
    if (step.kind === "acquire") {
      const id = tasks.length
      tasks.push(createTask(() => gate.acquire().then((permit) => void inside.set(id, permit))))
      model.arrive(id)
      await sleep(0)
    } else if (step.kind === "turn") {
      model.turn()
      await sleep(0)
    } else if (step.kind === "release" && inside.size > 0) {
      const id = [...inside.keys()][step.pick % inside.size] as number
      inside.get(id)?.release()
      inside.delete(id)
      model.inside.splice(model.inside.indexOf(id), 1)
      model.giveBack()
    } else if (step.kind === "cancel") {
      const waiting = [...model.line, ...model.served]
      const id = waiting[step.pick % waiting.length]
      if (id === undefined) continue
      tasks[id]?.cancel()
      model.cancel(id)
    }
    expect(gate.statistics()).toEqual({ free: model.free, waiting: model.line.length })
    expect(new Set(inside.keys())).toEqual(new Set(model.inside))
  }
  for (const task of tasks) task.cancel()
  await sleep(0)
  for (const permit of inside.values()) permit.release()
  await sleep(0)
  expect(gate.statistics()).toEqual({ free: permits, waiting: 0 })
}

describe("nobody passes a waiter that was served", () => {
  it("a newcomer goes on after it, though a permit is free", () =>
    runVirtual(async () => {
      const log: string[] = []
      const gate = new Semaphore(0)
      const waiter = createTask(async () => {
        await gate.acquire()
        log.push("waiter in")
      })
      await sleep(0)
      gate.release()
      gate.release()
      expect([gate.locked(), gate.statistics()]).toEqual([true, { free: 1, waiting: 0 }])
      await gate.acquire()
      log.push("newcomer in")
      await waiter
      expect(log).toEqual(["waiter in", "newcomer in"])
      gate.release()
      expect(gate.locked()).toBe(false)
    }))

  it("a waiter that was served and cancelled holds nobody up", () =>
    runVirtual(async () => {
      const gate = new Semaphore(0)
      const waiter = createTask(async () => void (await gate.acquire()))
      await sleep(0)
      gate.release()
      waiter.cancel()
      expect([gate.locked(), gate.statistics().free]).toEqual([false, 1])
      await gate.acquire()
      await waiter.join().catch(() => {})
      expect(gate.locked()).toBe(true)
    }))
})
