// What debugging needs is not done while nobody asked for it: no hook is called, no stack is taken.
//
// A stack is taken by making an error, so `Error` is replaced by a class that counts. The same work in
// debug mode, and with an instrument, shows that the counting would find something. The clock is the
// real one: the virtual one watches waits by an instrument.
import { afterEach, describe, expect, it } from "vitest"
import { TimeoutError, createTask, joinOnly, run, taskGroup, timeout } from "../../src/index.ts"
import { Event, Lock, Queue, Semaphore, gather, sleep } from "../../src/index.ts"
import { addInstrument } from "../../src/core/lowlevel.ts"
import { instrument } from "../../src/core/instrument.ts"

const NativeError = Error

/** Counts the errors that are made by name; errors of our own classes are made for callers and not counted. */
function countErrors(): { made: number } {
  const count = { made: 0 }
  globalThis.Error = new Proxy(NativeError, {
    construct(target, args: [string?], newTarget) {
      if (newTarget === globalThis.Error) count.made += 1
      return Reflect.construct(target, args, newTarget === globalThis.Error ? target : newTarget) as object
    },
  })
  return count
}

afterEach(() => {
  globalThis.Error = NativeError
})

/** Passes by every place that has a hook or may take a stack. */
async function everything(): Promise<void> {
  const [lock, gate, queue, opened] = [new Lock(), new Semaphore(1), new Queue<number>(1), new Event()]
  await taskGroup(async (group) => {
    for (let i = 0; i < 3; i += 1) {
      group.createTask(async () => {
        await lock.run(() => gate.run(() => sleep(1)))
        await queue.put(i)
        await opened.wait()
      })
    }
    for (let i = 0; i < 3; i += 1) await queue.get()
    opened.set()
  })
  await gather([() => sleep(1), () => sleep(2)])
  await timeout(1, () => sleep(1000)).catch((error: unknown) => {
    if (!(error instanceof TimeoutError)) throw error
  })
  const task = createTask(() => sleep(1000))
  await sleep(0)
  task.cancel()
  await joinOnly(task).catch(() => {})
}

describe("debugging that is off", () => {
  it("takes no stack, and in debug mode it does", async () => {
    const plain = countErrors()
    await run(everything)
    expect(plain.made).toBe(0)
    const debug = countErrors()
    await run(everything, { debug: true })
    expect(debug.made).toBeGreaterThan(10)
  })

  it("has no hook to call, with which the same work calls every hook", () =>
    run(async () => {
      expect(instrument.current).toBe(null)
      const asked = new Set<string>()
      await everything()
      expect(instrument.current).toBe(null)
      const remove = addInstrument(new Proxy({}, { get: (_, name) => (asked.add(String(name)), undefined) }))
      await everything()
      remove()
      const hooks = ["taskCreated", "taskStarted", "taskEnded", "waitParked", "waitEnded", "scopeCancelled"]
      expect(asked).toEqual(new Set(hooks))
    }))
})
