import { describe, expect, it } from "vitest"
import { submitPlace } from "../../src/executor/submit-place.ts"

const reference = { kind: "inline", source: "() => 1", name: "one" } as const
const one = { number: -1, reference }
const other = { number: -2, reference }

describe("The place where a job was submitted", () => {
  it("is each call's own for the first ones, then shared by those of the same function, until a while is over", async () => {
    const begin = 1e9
    const places = Array.from({ length: 20 }, () => submitPlace(one, begin))
    expect(new Set(places).size).toBe(16)
    expect(new Set(places.slice(15)).size).toBe(1)
    await Promise.resolve()
    await Promise.resolve()
    expect(submitPlace(one, begin + 9)).toBe(places[19])
    await Promise.resolve()
    await Promise.resolve()
    expect(places).not.toContain(submitPlace(one, begin + 10))
  })

  it("is never shared by calls of different functions", () => {
    const begin = 2e9
    for (let n = 0; n < 20; n += 1) submitPlace(one, begin)
    const [first, second] = [submitPlace(other, begin), submitPlace(one, begin)]
    expect(first).not.toBe(second)
    expect(submitPlace(other, begin)).not.toBe(second)
  })

  it("stays shared until the next microtask, however long that takes", async () => {
    const begin = 3e9
    const places = Array.from({ length: 20 }, (_, n) => submitPlace(one, begin + 100 * n))
    expect(new Set(places).size).toBe(16)
    await Promise.resolve()
  })
})
