import { expect, it } from "vitest"
import { seededRandom } from "../../src/base/seeded-random.ts"

it("one seed gives one series, neighbours give others", () => {
  const series = (seed: number): number[] => {
    const random = seededRandom(seed)
    return Array.from({ length: 5 }, random)
  }
  expect(series(7)).toEqual(series(7))
  expect(new Set([1, 2, 3, 2 ** 40, 0.5].flatMap(series)).size).toBe(25)
})

it("numbers lie from 0 to below 1, evenly", () => {
  const random = seededRandom(1)
  const counts = Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i += 1) {
    const at = Math.floor(random() * 10)
    counts[at] = (counts[at] ?? 0) + 1
  }
  expect(Math.min(...counts)).toBeGreaterThan(900)
  expect(Math.max(...counts)).toBeLessThan(1100)
})
