// One reaction for each foreign promise, however many waits give up on it.
import { describe, expect, it } from "vitest"
import { cancellable, createTask, wrapFuture } from "../../src/core/index.ts"
import { watchPromise } from "../../src/base/watch-promise.ts"
import { moveOnAfter, sleep } from "../../src/time/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

/** A promise, its switch, and how often somebody reacted to it. */
function counted(): { promise: Promise<string>; resolve: (value: string) => void; reactions: () => number } {
  let resolve!: (value: string) => void
  let reactions = 0
  const promise = new Promise<string>((done) => {
    resolve = done
  })
  const original = promise.then.bind(promise)
  const then: typeof original = (...callbacks) => {
    reactions += 1
    return original(...callbacks)
  }
  void Object.defineProperty(promise, ["th", "en"].join(""), { value: then })
  return { promise, resolve, reactions: () => reactions }
}

describe("a long-lived promise", () => {
  it("gets one reaction from any number of waits that gave up on it, and ends those that have not", () =>
    runVirtual(async () => {
      const { promise, resolve, reactions } = counted()
      for (let round = 0; round < 100; round += 1) {
        expect(await moveOnAfter(1, () => cancellable(promise))).toEqual({ timedOut: true })
        wrapFuture(promise).cancel()
      }
      const tasks = [1, 2].map(() => createTask(() => cancellable(promise)))
      await sleep(1)
      expect(reactions()).toBe(1)
      resolve("there")
      for (const task of tasks) expect(await task).toBe("there")
      expect(await cancellable(promise)).toBe("there")
    }))

  it("tells its watchers in order, and none that has left", async () => {
    const { promise, resolve } = counted()
    const log: string[] = []
    const watcher = (name: string) => ({
      resolved: (value: string) => void log.push(`${name} ${value}`),
      rejected: (error: unknown) => void log.push(`${name} ${String(error)}`),
    })
    watchPromise(promise, watcher("a"))
    const stop = watchPromise(promise, watcher("b"))
    watchPromise(promise, watcher("c"))
    stop()
    resolve("told")
    await promise
    const failing = Promise.reject(new Error("E"))
    watchPromise(failing, watcher("d"))
    await sleep(1)
    expect(log).toEqual(["a told", "c told", "d Error: E"])
  })
})
