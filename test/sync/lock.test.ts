// One inside at a time: order, hand-over, cancelling, permits, and a model.
import { getEventListeners } from "node:events"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import type { LockPermit, Task } from "../../src/index.ts"
import {
  CancelledError,
  InvalidStateError,
  Lock,
  TimeoutError,
  createTask,
  gather,
  joinOnly,
  moveOnAfter,
  run,
  sleep,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

describe("Lock", () => {
  it("a free lock is taken without letting anybody in between", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const lock = new Lock()
      const other = createTask(async () => step(2))
      const permit = await lock.acquire()
      step(1)
      expect(lock.statistics()).toEqual({ locked: true, waiting: 0 })
      permit.release()
      expect(lock.statistics()).toEqual({ locked: false, waiting: 0 })
      await other
      finish(3)
    }))

  it("LOCK-02: one waiter gets in for each release, in order of arrival", () =>
    runVirtual(async () => {
      const lock = new Lock()
      await lock.acquire()
      const log: number[] = []
      const tasks = [1, 2, 3].map((id) => createTask(() => lock.acquire().then(() => log.push(id))))
      await sleep(0)
      expect(lock.statistics()).toEqual({ locked: true, waiting: 3 })
      for (const expected of [[1], [1, 2], [1, 2, 3]]) {
        lock.release()
        for (let turn = 0; turn < 5; turn += 1) await sleep(0)
        expect(log).toEqual(expected)
        expect(lock.locked()).toBe(true)
      }
      await gather(tasks)
      lock.release()
      expect(lock.locked()).toBe(false)
    }))

  it("LOCK-04: between release and the turn of the waiter the lock stays locked (not as asyncio: it is handed over)", () =>
    runVirtual(async () => {
      const lock = new Lock()
      await lock.acquire()
      const log: string[] = []
      const waiter = createTask(() => lock.run(() => log.push("waiter")))
      await sleep(0)
      lock.release()
      expect(lock.locked()).toBe(true)
      await lock.run(() => log.push("newcomer"))
      expect(log).toEqual(["waiter", "newcomer"])
      await waiter
    }))

  it("LOCK-06: a holder that acquires again waits for itself; a limit gets it out, and the lock stays held", () =>
    runVirtual(async () => {
      const lock = new Lock()
      await lock.acquire()
      await expect(timeout(10, () => lock.acquire())).rejects.toBeInstanceOf(TimeoutError)
      await expect(lock.acquire({ timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
      expect(now()).toBe(20)
      expect(lock.statistics()).toEqual({ locked: true, waiting: 0 })
      lock.release()
    }))

  it("LOCK-07: a waiter that is cancelled leaves the line, the others keep their order", () =>
    runVirtual(async () => {
      const lock = new Lock()
      const held = await lock.acquire()
      const log: string[] = []
      const tasks = ["a", "b", "c"].map((name) => createTask(() => lock.run(() => log.push(name))))
      await sleep(0)
      tasks[1]?.cancel()
      expect(lock.statistics()).toEqual({ locked: true, waiting: 2 })
      held.release()
      const results = await gather(tasks, { returnExceptions: true })
      expect(results[1]).toBeInstanceOf(CancelledError)
      expect(log).toEqual(["a", "c"])
      expect(lock.statistics()).toEqual({ locked: false, waiting: 0 })
    }))

  it("LOCK-09: B is cancelled and A releases in one turn: C gets the lock, in either order", () =>
    runVirtual(async () => {
      for (const isCancelledFirst of [true, false]) {
        const lock = new Lock()
        await lock.acquire()
        const b = createTask(() => lock.acquire())
        const c = createTask(() => lock.acquire())
        await sleep(0)
        if (isCancelledFirst) b.cancel()
        lock.release()
        if (!isCancelledFirst) b.cancel()
        await expect(joinOnly(b)).rejects.toBeInstanceOf(CancelledError)
        const permit = await c
        expect(lock.statistics()).toEqual({ locked: true, waiting: 0 })
        permit.release()
        expect(lock.locked()).toBe(false)
      }
    }))

  it("the last waiter cancelled in the turn it was served leaves the lock free", () =>
    runVirtual(async () => {
      const lock = new Lock()
      await lock.acquire()
      const only = createTask(() => lock.acquire())
      await sleep(0)
      lock.release()
      only.cancel()
      expect(lock.statistics()).toEqual({ locked: false, waiting: 0 })
      await expect(joinOnly(only)).rejects.toBeInstanceOf(CancelledError)
    }))

  it("LOCK-11: awaiting the lock itself takes nothing (not as asyncio: an object without `then` can be awaited)", async () => {
    const lock = new Lock()
    const awaited: unknown = await Promise.resolve(lock)
    expect(awaited).toBe(lock)
    expect(lock.locked()).toBe(false)
  })

  it("LOCK-12: two runs side by side may share a lock (not as asyncio: there is one ready queue)", async () => {
    const lock = new Lock()
    const log: string[] = []
    const worker = (name: string) => async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) {
        using _ = await lock.acquire()
        log.push(`${name} in`)
        await sleep(1)
        log.push(`${name} out`)
      }
    }
    await Promise.all([run(worker("a")), run(worker("b"))])
    expect(log).toHaveLength(12)
    for (let i = 0; i < 12; i += 2) expect(log[i + 1]).toBe(log[i]?.replace("in", "out"))
    expect(lock.locked()).toBe(false)
  })

  it("LOCK-13: a lock tells its state", () =>
    runVirtual(async () => {
      const lock = new Lock()
      expect(String(lock)).toBe("<Lock unlocked waiting=0>")
      await lock.acquire()
      const task = createTask(() => lock.acquire())
      await sleep(0)
      expect(String(lock)).toBe("<Lock locked waiting=1>")
      task.cancel()
    }))

  it("ten tasks that read, sleep and write count to ten", () =>
    runVirtual(async () => {
      const lock = new Lock()
      let counter = 0
      const increment = async (): Promise<void> => {
        using _ = await lock.acquire()
        const before = counter
        await sleep(1)
        counter = before + 1
      }
      await gather(Array.from({ length: 10 }, () => () => increment()))
      expect(counter).toBe(10)
    }))

  it("run() frees the lock when the function fails or is cancelled, and gives its value", () =>
    runVirtual(async () => {
      const lock = new Lock()
      await expect(lock.run(() => Promise.reject(new Error("inside")))).rejects.toThrow("inside")
      expect(await moveOnAfter(5, () => lock.run(() => sleep(1000)))).toEqual({ timedOut: true })
      expect(await lock.run(() => "value")).toBe("value")
      expect(lock.locked()).toBe(false)
      await expect(lock.run(Promise.resolve() as never)).rejects.toThrow(TypeError)
      expect(lock.locked()).toBe(false)
    }))

  it("releasing a free lock is an error", () => {
    expect(() => new Lock().release()).toThrow(new InvalidStateError("Cannot release lock: it is not held"))
  })

  it("all holders get one permit, so that a free lock costs no allocation", () =>
    runVirtual(async () => {
      const lock = new Lock()
      const first = await lock.acquire()
      lock.release()
      expect(await lock.acquire()).toBe(first)
      first[Symbol.dispose]()
      expect(await lock.acquire()).toBe(first)
      lock.release()
    }))

  it("works outside a run", async () => {
    const lock = new Lock()
    const permit = await lock.acquire()
    setTimeout(() => permit.release(), 1)
    expect(await lock.run(() => "outside")).toBe("outside")
  })

  it("a loop that never has to wait keeps nobody else from running, and can be cancelled (T3)", async () => {
    await run(async () => {
      const lock = new Lock()
      const busy = createTask(async () => {
        for (;;) {
          const permit = await lock.acquire()
          permit[Symbol.dispose]()
        }
      })
      await sleep(20)
      busy.cancel("enough")
      await expect(joinOnly(busy)).rejects.toMatchObject({ reason: "enough" })
      expect(lock.statistics()).toEqual({ locked: false, waiting: 0 })
    })
  })
})

describe("Lock with a signal or a limit", () => {
  it("refuses a signal that has aborted and a limit that is none, and takes nothing", () =>
    runVirtual(async () => {
      const lock = new Lock()
      for (const locked of [false, true]) {
        if (locked) await lock.acquire()
        await expect(lock.acquire({ signal: AbortSignal.abort("gone") })).rejects.toBe("gone")
        await expect(lock.acquire({ timeout: NaN })).rejects.toThrow(RangeError)
        expect(lock.statistics()).toEqual({ locked, waiting: 0 })
      }
    }))

  it("leaves the line when the signal aborts meanwhile, and no listener behind", () =>
    runVirtual(async () => {
      const lock = new Lock()
      await lock.acquire()
      const controller = new AbortController()
      const { signal } = controller
      const tasks = [1, 2].map(() => createTask(() => lock.acquire({ signal, timeout: 1000 })))
      await sleep(0)
      controller.abort("reason")
      for (const task of tasks) await expect(joinOnly(task)).rejects.toBe("reason")
      expect(lock.statistics()).toEqual({ locked: true, waiting: 0 })
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      expect(timerCount()).toBe(0)
    }))
})

type Step =
  { readonly kind: "acquire" | "turn" | "release" } | { readonly kind: "cancel"; readonly pick: number }

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.constant<Step>({ kind: "acquire" }),
  fc.constant<Step>({ kind: "release" }),
  fc.constant<Step>({ kind: "turn" }),
  fc.record({ kind: fc.constant("cancel" as const), pick: fc.nat(20) }),
)

/** What a lock is to do, in a few lines: ids in order. */
class Model {
  readonly line: number[] = []
  served: number | null = null
  holder: number | null = null
  get isLocked(): boolean {
    return this.served !== null || this.holder !== null
  }
  arrive(id: number): void {
    this.turn()
    if (this.isLocked) this.line.push(id)
    else this.holder = id
  }
  giveBack(): void {
    this.holder = null
    this.served = this.line.shift() ?? null
  }
  cancel(id: number): void {
    if (this.served === id) this.giveBack()
    else this.line.splice(this.line.indexOf(id), 1)
  }
  turn(): void {
    if (this.served === null) return
    this.holder = this.served
    this.served = null
  }
}

describe("Lock against a model", () => {
  it("does what a list does, whatever is released and cancelled when, and however it is released", () =>
    fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), fc.nat(2), (plan, way) =>
        runVirtual(() => check(plan, way)),
      ),
      { numRuns: 200 },
    ))
})

async function check(plan: readonly Step[], way: number): Promise<void> {
  const lock = new Lock()
  const model = new Model()
  const tasks: Task<void>[] = []
  let holder: { readonly id: number; readonly permit: LockPermit } | null = null
  const former: LockPermit[] = []
  const release = (permit: LockPermit): void => {
    holder = null
    if (way === 0) lock.release()
    else if (way === 1) permit[Symbol.dispose]()
    else {
      permit.release()
      former.push(permit)
    }
  }
  for (const step of plan) {
    if (step.kind === "acquire") {
      const id = tasks.length
      tasks.push(
        createTask(async () => {
          const permit = await lock.acquire()
          if (holder !== null) throw new Error("two are inside")
          holder = { id, permit }
        }),
      )
      model.arrive(id)
      await sleep(0)
    } else if (step.kind === "turn") {
      model.turn()
      await sleep(0)
    } else if (step.kind === "release" && model.holder !== null) {
      release((holder as unknown as { permit: LockPermit }).permit)
      model.giveBack()
    } else if (step.kind === "cancel") {
      const waiting = [...model.line, ...(model.served === null ? [] : [model.served])]
      const id = waiting[step.pick % waiting.length]
      if (id === undefined) continue
      tasks[id]?.cancel()
      model.cancel(id)
    }
    // Who released by hand may do so again: it is nobody's lock any more.
    for (const permit of former) permit[Symbol.dispose]()
    expect(lock.statistics()).toEqual({ locked: model.isLocked, waiting: model.line.length })
    expect((holder as { id: number } | null)?.id ?? null).toBe(model.holder)
  }
  for (const task of tasks) task.cancel()
  await sleep(0)
  expect(lock.statistics()).toEqual({ locked: holder !== null, waiting: 0 })
}
