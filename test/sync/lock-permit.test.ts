// The key to a lock: back once, and never somebody else's.
import { expect, it } from "vitest"
import { Lock, createTask, sleep } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

it("disposing releases the lock", () =>
  runVirtual(async () => {
    const lock = new Lock()
    {
      using _ = await lock.acquire()
      expect(lock.locked()).toBe(true)
    }
    expect(lock.locked()).toBe(false)
  }))

it("released by hand, it is back, and the end of `using` does nothing", () =>
  runVirtual(async () => {
    const lock = new Lock()
    {
      using permit = await lock.acquire()
      permit.release()
      permit.release()
      expect(lock.locked()).toBe(false)
    }
    expect(lock.locked()).toBe(false)
  }))

it("released by hand, it does not free the lock of the next holder", () =>
  runVirtual(async () => {
    const lock = new Lock()
    const first = await lock.acquire()
    const second = createTask(() => lock.acquire())
    await sleep(0)
    first.release()
    const permit = await second
    first.release()
    first[Symbol.dispose]()
    expect(lock.locked()).toBe(true)
    permit.release()
    expect(lock.locked()).toBe(false)
  }))

it("disposed when the lock was freed by its own release(), it does nothing", () =>
  runVirtual(async () => {
    const lock = new Lock()
    {
      using _ = await lock.acquire()
      lock.release()
    }
    expect(lock.locked()).toBe(false)
  }))
