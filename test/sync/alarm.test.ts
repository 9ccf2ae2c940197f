// One timer that can be moved.
import { expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import { sleep } from "../../src/index.ts"
import { Alarm } from "../../src/sync/alarm.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

it("rings once, at the time that was set last", () =>
  runVirtual(async () => {
    const rings: number[] = []
    const alarm = new Alarm(() => rings.push(now()))
    alarm.set(10)
    alarm.set(30)
    alarm.set(20)
    expect(timerCount()).toBe(1)
    await sleep(50)
    expect(rings).toEqual([20])
  }))

it("can be set anew while it rings, and off", () =>
  runVirtual(async () => {
    const rings: number[] = []
    const alarm: Alarm = new Alarm(() => {
      rings.push(now())
      if (rings.length < 3) alarm.set(now() + 5)
    })
    alarm.set(10)
    await sleep(50)
    expect(rings).toEqual([10, 15, 20])
    alarm.set(60)
    alarm.set(Infinity)
    expect(timerCount()).toBe(0)
    await sleep(50)
    expect(rings).toHaveLength(3)
  }))
