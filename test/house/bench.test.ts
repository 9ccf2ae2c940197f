// The benchmark itself: its programs do what they say, and its ratios point the right way.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Answer } from "../../bench/answer.ts"
import { barOf, figureOf, ratioOf } from "../../bench/answer.ts"
import { questions } from "../../bench/questions.ts"
import { run } from "tsyncio"

const python = readFileSync(
  join(import.meta.dirname, "..", "..", "bench", "peers", "asyncio_peer.py"),
  "utf8",
)

/** Lines whose programs are done in a moment and need nothing around them. */
const short = questions.filter((question) => {
  return question.kind === "rate" && question.count <= 10_000 && question.prepare === undefined
})

describe("the questions of the benchmark", () => {
  it("have names of their own", () => {
    const names = questions.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it("have the Python programs they name", () => {
    const named = questions.flatMap(({ asyncio }) => (asyncio === undefined ? [] : [asyncio]))
    expect(named.filter((name) => !python.includes(`async def ${name}():`))).toEqual([])
  })

  it.each(short)("$name: ours and the one by hand come to the same result", async (question) => {
    if (question.kind !== "rate") throw new Error("No question of rates")
    await run(question.tsyncio)
    await question.bare()
  })
})

describe("an answer", () => {
  const answer = (unit: string, ours: number, theirs: number): Answer => {
    const figures = [figureOf("tsyncio", [ours]), figureOf("effect 4.1.0", [theirs])]
    return { name: "spawn", what: "", node: "24", unit, figures, absent: [] }
  }

  it("has the median, the least and the most of the rounds", () => {
    expect(figureOf("us", [5, 1, 9])).toEqual({ program: "us", median: 5, min: 1, max: 9 })
    expect(figureOf("us", [4, 1, 2, 9])).toMatchObject({ median: 3 })
  })

  it("has a ratio above 1 where we are better: more operations, or less of a cost", () => {
    expect(answer("op/s", 30, 10).figures.map((figure) => ratioOf(answer("op/s", 30, 10), figure))).toEqual([
      null,
      3,
    ])
    expect(answer("bytes", 30, 10).figures.map((figure) => ratioOf(answer("bytes", 30, 10), figure))).toEqual(
      [null, 1 / 3],
    )
  })

  it("has the project's bars", () => {
    const programs = [
      "asyncio 3.13.0",
      "uvloop 0.23.0 on 3.11.7",
      "effect 4.1.0",
      "p-map 7.1.1",
      "bare promises",
    ]
    expect(programs.map((program) => barOf(answer("op/s", 1, 1), program))).toEqual([5, 3, 1.5, 1, null])
  })
})
