// Waiting for shared state under a lock: notices, the lock that is always held again, cancelling, and a model.
import { getEventListeners } from "node:events"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import type { Task } from "../../src/index.ts"
import {
  CancelledError,
  Condition,
  InvalidStateError,
  Lock,
  TimeoutError,
  cancelScope,
  createTask,
  gather,
  joinOnly,
  run,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

describe("Condition", () => {
  it("COND-02: the lock is free while wait() waits, and held again when it gives true", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const waiter = createTask(() =>
        condition.run(async () => {
          const result = await condition.wait()
          return [result, condition.locked()]
        }),
      )
      await sleep(0)
      expect(condition.statistics()).toEqual({ locked: false, waiting: 1 })
      await condition.run(() => condition.notify())
      expect(await waiter).toEqual([true, true])
      expect(condition.statistics()).toEqual({ locked: false, waiting: 0 })
    }))

  it("COND-03: those who were notified go on one by one, as each releases the lock", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const log: number[] = []
      const tasks = [1, 2, 3].map((id) =>
        createTask(async () => {
          await condition.acquire()
          await condition.wait()
          log.push(id)
        }),
      )
      await sleep(0)
      await condition.acquire()
      condition.notifyAll()
      await sleep(5)
      expect(log).toEqual([])
      for (const expected of [[1], [1, 2], [1, 2, 3]]) {
        condition.release()
        await sleep(5)
        expect(log).toEqual(expected)
        expect(condition.locked()).toBe(true)
      }
      condition.release()
      await gather(tasks)
    }))

  it("COND-04: notify(2) wakes the two who wait longest; a larger number and notifyAll() all who are left", () =>
    runVirtual(async () => {
      for (const last of [(c: Condition) => c.notify(2048), (c: Condition) => c.notifyAll()]) {
        const condition = new Condition()
        const log: number[] = []
        const tasks = [1, 2, 3, 4].map((id) =>
          createTask(() => condition.run(() => condition.wait().then(() => log.push(id)))),
        )
        await sleep(0)
        await condition.run(() => condition.notify(2))
        expect(condition.statistics().waiting).toBe(2)
        await sleep(1)
        expect(log).toEqual([1, 2])
        await condition.run(() => last(condition))
        await gather(tasks)
        expect(log).toEqual([1, 2, 3, 4])
      }
    }))

  it("COND-05: a notice that nobody waits for is not remembered", () =>
    runVirtual(async () => {
      const condition = new Condition()
      await condition.run(() => condition.notifyAll())
      const waiter = createTask(() => condition.run(() => condition.wait()))
      await sleep(10)
      expect(condition.statistics().waiting).toBe(1)
      await condition.run(() => condition.notify())
      await waiter
    }))

  it("COND-06: waitFor() looks again after each notice and gives the first true value", () =>
    runVirtual(async () => {
      const condition = new Condition()
      let value = 0
      let looks = 0
      const waiter = createTask(() =>
        condition.run(() =>
          condition.waitFor(() => {
            looks += 1
            return value > 2 && `got ${value}`
          }),
        ),
      )
      await sleep(0)
      for (const next of [1, 2, 3]) {
        await condition.run(() => {
          value = next
          condition.notify()
        })
        await sleep(1)
      }
      expect(await waiter).toBe("got 3")
      expect(looks).toBe(4)
    }))

  it("COND-06: a predicate that is true at once needs no lock; otherwise it is an error", () =>
    runVirtual(async () => {
      const condition = new Condition()
      expect(await condition.waitFor(() => 7)).toBe(7)
      await expect(condition.waitFor(() => false)).rejects.toBeInstanceOf(InvalidStateError)
      await expect(condition.waitFor(async () => false)).rejects.toThrow("got a promise: it is always true")
      await expect(condition.waitFor(true as never)).rejects.toThrow(TypeError)
    }))

  it("wait() and notify() without the lock are errors", () =>
    runVirtual(async () => {
      const condition = new Condition()
      await expect(condition.wait()).rejects.toThrow(
        new InvalidStateError("Cannot wait: the lock of the condition is not held"),
      )
      expect(() => condition.notify()).toThrow(InvalidStateError)
      expect(() => condition.notifyAll()).toThrow(InvalidStateError)
      expect(() => condition.release()).toThrow(InvalidStateError)
    }))

  it("refuses numbers of waiters that are none, and what is no lock", () =>
    runVirtual(async () => {
      const condition = new Condition()
      await condition.acquire()
      for (const count of [-1, 1.5, NaN]) expect(() => condition.notify(count)).toThrow(RangeError)
      expect(() => condition.notify("1" as never)).toThrow(TypeError)
      expect(() => condition.notify(0)).not.toThrow()
      expect(() => new Condition({} as never)).toThrow(TypeError)
    }))

  it("COND-08: cancelled while it takes the lock back, the waiter gets the request once it holds the lock", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const { step, finish } = steps()
      const waiter = createTask(async () => {
        await condition.acquire()
        try {
          await condition.wait()
        } catch (error) {
          step(3)
          // Throws if it is not held.
          condition.release()
          throw error
        }
      })
      await sleep(0)
      await condition.acquire()
      condition.notify()
      await sleep(1)
      waiter.cancel("the reason")
      await sleep(1)
      step(1)
      expect(waiter.done()).toBe(false)
      step(2)
      condition.release()
      await expect(joinOnly(waiter)).rejects.toMatchObject({ reason: "the reason" })
      finish(4)
      expect(condition.locked()).toBe(false)
    }))

  it("several requests while the lock is taken back are one, and the wait after that is let through", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const log: unknown[] = []
      const waiter = createTask(async () => {
        await condition.acquire()
        try {
          await condition.wait()
        } finally {
          condition.release()
          await sleep(5)
          log.push("cleaned up")
        }
      })
      await sleep(0)
      await condition.acquire()
      condition.notify()
      await sleep(1)
      waiter.cancel("first")
      waiter.cancel("second")
      condition.release()
      await expect(joinOnly(waiter)).rejects.toMatchObject({ reason: "first" })
      expect(log).toEqual(["cleaned up"])
    }))

  it("COND-10: cancelled right after the notice with the lock contested, the waiter holds the lock when it ends", () =>
    runVirtual(async () => {
      for (const turns of [0, 1, 2, 3]) {
        const condition = new Condition()
        let hasLock = false
        const waiter = createTask(async () => {
          await condition.acquire()
          try {
            await condition.wait()
          } finally {
            hasLock = condition.locked()
            condition.release()
          }
        })
        await sleep(0)
        const rival = createTask(() => condition.run(() => sleep(10)))
        await condition.run(() => condition.notify())
        for (let turn = 0; turn < turns; turn += 1) await sleep(0)
        waiter.cancel()
        await expect(joinOnly(waiter)).rejects.toBeInstanceOf(CancelledError)
        expect(hasLock).toBe(true)
        await rival
        expect(condition.statistics()).toEqual({ locked: false, waiting: 0 })
      }
    }))

  it("COND-11: a limit around wait() inside the lock ends it, and the lock is still held", () =>
    runVirtual(async () => {
      const condition = new Condition()
      await condition.acquire()
      await expect(timeout(500, () => condition.wait())).rejects.toBeInstanceOf(TimeoutError)
      expect(condition.statistics()).toEqual({ locked: true, waiting: 0 })
      await expect(condition.wait({ timeout: 500 })).rejects.toBeInstanceOf(TimeoutError)
      expect(condition.statistics()).toEqual({ locked: true, waiting: 0 })
      expect(now()).toBe(1000)
      condition.release()
    }))

  it("a waiter that is cancelled while it waits holds the lock when it ends, the others wait on", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const log: string[] = []
      const tasks = ["a", "b"].map((name) =>
        createTask(() =>
          condition.run(() => condition.wait().finally(() => log.push(`${name} ${condition.locked()}`))),
        ),
      )
      await sleep(0)
      tasks[0]?.cancel()
      await sleep(1)
      expect(log).toEqual(["a true"])
      expect(condition.statistics()).toEqual({ locked: false, waiting: 1 })
      await condition.run(() => condition.notify())
      await gather(tasks, { returnExceptions: true })
      expect(log).toEqual(["a true", "b true"])
    }))

  it("a waiter cancelled in the turn it was notified passes the notice on", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const tasks = [0, 1].map(() => createTask(() => condition.run(() => condition.wait())))
      await sleep(0)
      await condition.run(() => {
        condition.notify()
        tasks[0]?.cancel()
      })
      const [first, second] = await gather(tasks, { returnExceptions: true })
      expect(first).toBeInstanceOf(CancelledError)
      expect(second).toBe(true)
    }))

  it("a waiter cancelled while it takes the lock back passes the notice on", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const tasks = [0, 1].map(() => createTask(() => condition.run(() => condition.wait())))
      await sleep(0)
      await condition.acquire()
      condition.notify()
      await sleep(1)
      tasks[0]?.cancel()
      condition.release()
      const [first, second] = await gather(tasks, { returnExceptions: true })
      expect(first).toBeInstanceOf(CancelledError)
      expect(second).toBe(true)
    }))

  it("a waiter that was cancelled without a notice passes none on", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const tasks = [0, 1].map(() => createTask(() => condition.run(() => condition.wait())))
      await sleep(0)
      tasks[0]?.cancel()
      await sleep(5)
      expect(tasks[1]?.done()).toBe(false)
      await condition.run(() => condition.notify())
      await gather(tasks, { returnExceptions: true })
    }))

  it("the lock is held again when the block around wait() is left by its own cancel", () =>
    runVirtual(async () => {
      const condition = new Condition()
      await condition.acquire()
      const result = await cancelScope(async (scope) => {
        void createTask(async () => scope.cancel())
        await condition.wait()
      })
      expect(result).toBe(undefined)
      expect(condition.locked()).toBe(true)
      condition.release()
      expect(await sleep(1, "not cancelled")).toBe("not cancelled")
    }))

  it("a request that comes while the lock is taken back inside a limit belongs to whom it was made for", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const task = createTask(async () => {
        await condition.acquire()
        try {
          await timeout(1000, () => condition.wait())
        } finally {
          condition.release()
        }
      })
      await sleep(0)
      await condition.acquire()
      condition.notify()
      await sleep(1)
      task.cancel("from above")
      condition.release()
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "from above" })
      expect(condition.locked()).toBe(false)
    }))

  it("conditions may share a lock", () =>
    runVirtual(async () => {
      const lock = new Lock()
      const [left, right] = [new Condition(lock), new Condition(lock)]
      const waiter = createTask(() => left.run(() => left.wait()))
      await sleep(0)
      await lock.acquire()
      expect(right.locked()).toBe(true)
      right.notifyAll()
      expect(left.statistics().waiting).toBe(1)
      left.notify()
      lock.release()
      expect(await waiter).toBe(true)
    }))

  it("a bounded buffer with six producers and six consumers loses and doubles nothing", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const buffer: number[] = []
      const taken: number[] = []
      let most = 0
      await taskGroup(async (group) => {
        for (let producer = 0; producer < 6; producer += 1) {
          void group.createTask(async () => {
            for (let i = 0; i < 10; i += 1) {
              await condition.run(async () => {
                await condition.waitFor(() => buffer.length < 3)
                buffer.push(producer * 10 + i)
                most = Math.max(most, buffer.length)
                condition.notifyAll()
              })
              await sleep(producer)
            }
          })
          void group.createTask(async () => {
            for (let i = 0; i < 10; i += 1) {
              await condition.run(async () => {
                await condition.waitFor(() => buffer.length > 0)
                taken.push(buffer.shift() as number)
                condition.notifyAll()
              })
              await sleep(i % 3)
            }
          })
        }
      })
      expect(most).toBe(3)
      expect(taken.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i))
    }))

  it("LOCK-13: a condition tells its state", () =>
    runVirtual(async () => {
      const condition = new Condition()
      expect(String(condition)).toBe("<Condition unlocked waiting=0>")
      const task = createTask(() => condition.run(() => condition.wait()))
      await sleep(0)
      await condition.acquire()
      expect(String(condition)).toBe("<Condition locked waiting=1>")
      condition.release()
      task.cancel()
    }))

  it("works outside a run", async () => {
    const condition = new Condition()
    let isReady = false
    setTimeout(() => {
      void condition.run(() => {
        isReady = true
        condition.notifyAll()
      })
    }, 1)
    expect(await condition.run(() => condition.waitFor(() => isReady && "ready"))).toBe("ready")
    expect(condition.locked()).toBe(false)
  })

  it("a loop whose predicate is always true keeps nobody else from running, and notifies nobody (T3)", async () => {
    await run(async () => {
      const condition = new Condition()
      const waiter = createTask(() => condition.run(() => condition.wait()))
      await sleep(0)
      const busy = createTask(async () => {
        for (;;) await condition.waitFor(() => true)
      })
      await sleep(20)
      busy.cancel("enough")
      await expect(joinOnly(busy)).rejects.toMatchObject({ reason: "enough" })
      expect(condition.statistics().waiting).toBe(1)
      waiter.cancel()
      await expect(joinOnly(waiter)).rejects.toBeInstanceOf(CancelledError)
    })
  })
})

describe("Condition with a signal or a limit", () => {
  it("refuses a signal that has aborted and a limit that is none, and keeps the lock", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const permit = await condition.acquire()
      const { step, finish } = steps()
      const rival = createTask(() => condition.run(() => step(2)))
      await sleep(0)
      for (const wait of [
        (options: object) => condition.wait(options),
        (options: object) => condition.waitFor(() => false, options),
      ]) {
        await expect(wait({ signal: AbortSignal.abort("gone") })).rejects.toBe("gone")
        await expect(wait({ timeout: NaN })).rejects.toThrow(RangeError)
      }
      step(1)
      expect(condition.statistics()).toEqual({ locked: true, waiting: 0 })
      permit.release()
      await rival
      finish(3)
    }))

  it("ends the wait when the signal aborts meanwhile, with the lock held", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const controller = new AbortController()
      const { signal } = controller
      const task = createTask(async () => {
        await condition.acquire()
        await condition.wait({ signal, timeout: 1000 }).finally(() => expect(condition.locked()).toBe(true))
      })
      await sleep(0)
      controller.abort("reason")
      await expect(joinOnly(task)).rejects.toBe("reason")
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      expect(timerCount()).toBe(0)
    }))

  it("the limit of waitFor() is that of all its rounds together", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const waiter = createTask(() => condition.run(() => condition.waitFor(() => false, { timeout: 100 })))
      for (let i = 0; i < 3; i += 1) {
        await sleep(30)
        await condition.run(() => condition.notifyAll())
      }
      await expect(joinOnly(waiter)).rejects.toThrow(
        new TimeoutError("Timed out after 100 ms waiting for condition"),
      )
      expect(now()).toBe(100)
      expect(condition.statistics()).toEqual({ locked: false, waiting: 0 })
    }))
})

const kinds = ["wait", "notify", "notifyAll", "cancel", "hold", "free", "turn"] as const

interface Step {
  readonly kind: (typeof kinds)[number]
  readonly pick: number
}

const anyStep: fc.Arbitrary<Step> = fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(20) })

describe("Condition against a model", () => {
  it("gives each notice to one who waits, in order, and loses none, whoever is cancelled when", () =>
    fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 50 }), (plan) => runVirtual(() => check(plan))),
      { numRuns: 300 },
    ))
})

// The model: a list of those who wait, and how many notices each step gives. When all is quiet, as many
// as were notified have gone on with true, those who were cancelled have not, and a notice that a
// cancelled one had got has gone to the next who waited.
async function check(plan: readonly Step[]): Promise<void> {
  const condition = new Condition()
  const waiting: number[] = []
  const notified = new Set<number>()
  const tasks: Task<void>[] = []
  const outcome = new Map<number, "true" | "cancelled">()
  let isHeld = false
  let wasAlwaysHeld = true

  const hold = async (): Promise<void> => {
    if (isHeld) return
    await condition.acquire()
    isHeld = true
    settle()
  }
  // Whoever had the lock before us has gone on by now.
  const settle = (): void => {
    for (const id of outcome.keys()) notified.delete(id)
  }
  const notify = (count: number): void => {
    condition.notify(count)
    for (const id of waiting.splice(0, count)) notified.add(id)
  }

  for (const step of plan) {
    if (step.kind === "wait") {
      if (isHeld) condition.release()
      isHeld = false
      const id = tasks.length
      tasks.push(
        createTask(async () => {
          using _ = await condition.acquire()
          try {
            await condition.wait()
            outcome.set(id, "true")
          } catch (error) {
            outcome.set(id, "cancelled")
            throw error
          } finally {
            wasAlwaysHeld &&= condition.locked()
          }
        }),
      )
      // Let it get as far as its wait: whoever stands before it in the line of the lock goes first.
      for (let turn = 0; turn < 2 * tasks.length + 4; turn += 1) await sleep(0)
      settle()
      waiting.push(id)
    } else if (step.kind === "notify" || step.kind === "notifyAll") {
      await hold()
      notify(step.kind === "notifyAll" ? waiting.length : step.pick % 3)
    } else if (step.kind === "cancel") {
      settle()
      const all = [...waiting, ...notified]
      const id = all[step.pick % all.length]
      if (id === undefined || outcome.has(id)) continue
      tasks[id]?.cancel()
      if (waiting.includes(id)) waiting.splice(waiting.indexOf(id), 1)
      else {
        notified.delete(id)
        // Its notice goes to the next, now or once it has the lock.
        if (isHeld) condition.release()
        isHeld = false
        for (let turn = 0; turn < 2 * tasks.length + 4; turn += 1) await sleep(0)
        settle()
        const heir = waiting.shift()
        if (heir !== undefined && outcome.get(heir) !== "true") throw new Error("a notice was lost")
      }
    } else if (step.kind === "hold") await hold()
    else if (step.kind === "free") {
      if (isHeld) condition.release()
      isHeld = false
    } else await sleep(0)
    expect(condition.statistics().waiting).toBe(waiting.length)
  }

  if (isHeld) condition.release()
  for (let turn = 0; turn < 2 * tasks.length + 4; turn += 1) await sleep(0)
  expect(wasAlwaysHeld).toBe(true)
  for (const id of notified) expect(outcome.get(id)).toBe("true")
  for (const id of waiting) expect(outcome.has(id)).toBe(false)
  expect(condition.statistics()).toEqual({ locked: false, waiting: waiting.length })
  for (const task of tasks) task.cancel()
  await gather(tasks, { returnExceptions: true })
  expect(condition.statistics()).toEqual({ locked: false, waiting: 0 })
}

describe("a signal whose reason is a TimeoutError", () => {
  it("is thrown by waitFor() as it is, and not taken for the limit", () =>
    runVirtual(async () => {
      const condition = new Condition()
      const controller = new AbortController()
      const reason = new TimeoutError("the caller's own")
      const task = createTask(() =>
        condition.run(() => condition.waitFor(() => false, { signal: controller.signal, timeout: 1000 })),
      )
      await sleep(1)
      controller.abort(reason)
      expect(await joinOnly(task).catch((error: unknown) => error)).toBe(reason)
    }))
})

it("a permit that was taken before wait() gives the lock back after it, whatever others did with theirs", () =>
  runVirtual(async () => {
    const changed = new Condition()
    const log: string[] = []
    await taskGroup(async (group) => {
      group.createTask(async () => {
        const permit = await changed.acquire()
        await changed.wait()
        permit.release()
        log.push("by hand")
      })
      group.createTask(async () => {
        {
          using _ = await changed.acquire()
          await changed.wait()
        }
        log.push("by using")
      })
      group.createTask(async () => {
        const permit = await changed.acquire()
        changed.notifyAll()
        permit.release()
        permit.release()
      })
    })
    expect(log).toEqual(["by hand", "by using"])
    expect(changed.locked()).toBe(false)
  }))

it("a permit that was released before others waited frees nobody's lock", () =>
  runVirtual(async () => {
    const changed = new Condition()
    const old = await changed.acquire()
    old.release()
    await taskGroup(async (group) => {
      group.createTask(async () => {
        using _ = await changed.acquire()
        await changed.wait()
        old.release()
        expect(changed.locked()).toBe(true)
      })
      group.createTask(async () => {
        using _ = await changed.acquire()
        changed.notify()
      })
    })
    expect(changed.locked()).toBe(false)
  }))
