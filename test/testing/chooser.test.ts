import { expect, it } from "vitest"
import { chooserOf, readChoices, replayOf, writeChoices } from "../../src/testing/chooser.ts"

it("choices written down and read again are the same", () => {
  for (const choices of [[], [1], [0, 0, 3], [2, 0, 1, 0, 12]])
    expect(readChoices(writeChoices(choices))).toEqual(choices)
  expect(writeChoices([0, 0])).toBe("")
  expect(writeChoices([0, 2, 0, 1, 0])).toBe("1:2 3:1")
})

it("refuses what is no list of choices", () => {
  expect(() => readChoices("4-1")).toThrow("Expected `replay` to be what a failure printed")
})

it("a replay takes what is written, then the order of arrival, and never a place that is not there", () => {
  const chooser = replayOf([1, 5])
  expect([chooser(3, 0), chooser(3, 1), chooser(3, 2)]).toEqual([1, 2, 0])
})

it("a seed picks the same each time; over the seeds every place is picked", () => {
  const picks = (seed: number): number[] => {
    const chooser = chooserOf(seed)
    return Array.from({ length: 20 }, (_, place) => chooser(4, place))
  }
  expect(picks(3)).toEqual(picks(3))
  const counts = [0, 0, 0, 0]
  for (let seed = 0; seed < 500; seed += 1)
    for (const pick of picks(seed)) counts[pick] = (counts[pick] ?? 0) + 1
  expect(Math.min(...counts)).toBeGreaterThan(1000)
})
