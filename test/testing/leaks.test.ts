// What a test must not leave behind is found, and named.
import { describe, expect, it } from "vitest"
import { startTimer, stopTimer } from "../../src/core/lowlevel.ts"
import type { TimerEntry } from "../../src/core/lowlevel.ts"
import { Future, Semaphore, gather, sleep, taskGroup } from "../../src/index.ts"
import { LeakError, findLeaks } from "../../src/testing/index.ts"

function timer(): TimerEntry {
  return { heapIndex: -1, timerOrder: 0, dueAt: performance.now() + 60_000, fire() {} }
}

describe("findLeaks()", () => {
  it("finds nothing where nothing is", () => {
    expect(findLeaks()).toEqual([])
  })

  it("finds timers", () => {
    const [one, two] = [timer(), timer()]
    startTimer(one)
    expect(findLeaks()).toEqual([`1 timer, the first due at ${one.dueAt} ms`])
    startTimer(two)
    expect(findLeaks()).toEqual([`2 timers, the first due at ${one.dueAt} ms`])
    stopTimer(one)
    stopTimer(two)
    expect(findLeaks()).toEqual([])
  })

  it("finds tasks outside a run that are parked, and what they wait for", async () => {
    const gate = new Semaphore(0)
    const group = taskGroup(async (inner) => {
      inner.createTask(() => gate.acquire(), { name: "left" })
    })
    await sleep(1)
    expect(findLeaks()).toEqual(['task "left" waits for semaphore'])
    gate.release()
    await group
    expect(findLeaks()).toEqual([])
  })

  it("finds tasks that are not parked", async () => {
    let release: () => void = () => {}
    const future = gather([() => new Promise<void>((resolve) => (release = resolve))])
    await sleep(1)
    expect(findLeaks()).toHaveLength(1)
    expect(findLeaks()[0]).toMatch(/^task "Task-\d+" is in a foreign await$/)
    release()
    await future
    expect(findLeaks()).toEqual([])
  })

  it("does not take a future that nobody set for a leak", () => {
    expect(new Future().done()).toBe(false)
    expect(findLeaks()).toEqual([])
  })
})

describe("LeakError", () => {
  it("tells what was left", () => {
    const error = new LeakError(["1 timer", "1 task"])
    expect(error).toMatchObject({
      name: "LeakError",
      code: "E_TESTING_LEAK",
      message: "Left behind: 1 timer; 1 task",
      leaks: ["1 timer", "1 task"],
    })
  })
})
