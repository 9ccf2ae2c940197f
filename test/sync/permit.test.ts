// The right to be inside: goes back once, whoever gives it back and however often.
import { expect, it } from "vitest"
import { Permit, Semaphore } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

it("release() gives back once, however often it is called", () => {
  let given = 0
  const permit = new Permit(() => (given += 1))
  permit.release()
  permit.release()
  permit[Symbol.dispose]()
  expect(given).toBe(1)
})

it("`using` gives it back on every way out", () =>
  runVirtual(async () => {
    const gate = new Semaphore(1)
    for (const isFailing of [false, true]) {
      const work = async (): Promise<void> => {
        using permit = await gate.acquire()
        expect(permit).toBeInstanceOf(Permit)
        expect(gate.locked()).toBe(true)
        if (isFailing) throw new Error("inside")
      }
      await work().catch(() => {})
      expect(gate.locked()).toBe(false)
    }
  }))

it("a permit that went back and is released again does not free that of another", () =>
  runVirtual(async () => {
    const gate = new Semaphore(1)
    const first = await gate.acquire()
    first.release()
    const second = await gate.acquire()
    first.release()
    expect(gate.statistics().free).toBe(0)
    second.release()
    expect(gate.statistics().free).toBe(1)
  }))
