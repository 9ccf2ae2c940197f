import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { watchSignal } from "../../src/core/lowlevel.ts"

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length

describe("watching a signal that is not ours", () => {
  it("calls everybody in the order in which they came, once", () => {
    const controller = new AbortController()
    const log: number[] = []
    for (const n of [1, 2, 3]) watchSignal(controller.signal, () => log.push(n))
    controller.abort()
    controller.abort()
    expect(log).toEqual([1, 2, 3])
  })

  it("calls at once when it has aborted already, and adds no listener", () => {
    const signal = AbortSignal.abort()
    let calls = 0
    const stop = watchSignal(signal, () => (calls += 1))
    stop()
    expect([calls, listeners(signal)]).toEqual([1, 0])
  })

  it("adds one listener, whatever the number of watchers, and takes it off with the last", () => {
    const { signal } = new AbortController()
    const stops = Array.from({ length: 1000 }, () => watchSignal(signal, () => {}))
    expect(listeners(signal)).toBe(1)
    for (const stop of stops) stop()
    expect(listeners(signal)).toBe(0)
  })

  it("stopping twice, or after the abort, does nothing", () => {
    const controller = new AbortController()
    const log: string[] = []
    const stop = watchSignal(controller.signal, () => log.push("stopped one"))
    stop()
    stop()
    const other = watchSignal(controller.signal, () => log.push("other"))
    stop()
    expect(listeners(controller.signal)).toBe(1)
    controller.abort()
    other()
    expect([log, listeners(controller.signal)]).toEqual([["other"], 0])
  })

  it("the same function may watch twice", () => {
    const controller = new AbortController()
    let calls = 0
    const call = (): void => void (calls += 1)
    watchSignal(controller.signal, call)
    const stop = watchSignal(controller.signal, call)
    stop()
    controller.abort()
    expect(calls).toBe(1)
  })

  it("one that stops another while the signal aborts keeps it from being called", () => {
    const controller = new AbortController()
    const log: string[] = []
    let stop = (): void => {}
    watchSignal(controller.signal, () => stop())
    stop = watchSignal(controller.signal, () => log.push("second"))
    watchSignal(controller.signal, () => log.push("third"))
    controller.abort()
    expect(log).toEqual(["third"])
  })
})
