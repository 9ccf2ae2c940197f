// What was opened and never closed is named, with the line that opened it.
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { expect, it } from "vitest"
import type { Problem } from "../../src/index.ts"
import { UnclosedWatch } from "../../src/core/lowlevel.ts"
import { Pool, run, sleep } from "../../src/index.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

async function leave(how: "open" | "closed" | "unused"): Promise<void> {
  const pool = new Pool({ create: () => 1, destroy: () => {}, max: 1 })
  if (how !== "unused") await pool.run(() => {})
  if (how === "closed") await pool.close()
}

it("M66: what a run leaves open is named when it ends, with the line that opened it", async () => {
  const problems: Problem[] = []
  const pool = await run(
    async () => {
      const kept = new Pool({ create: () => 1, destroy: () => {}, max: 1 })
      await kept.run(() => {})
      return kept
    },
    { onProblem: (problem) => void problems.push(problem) },
  )
  expect(problems).toMatchObject([
    {
      message: "A pool was never closed; it holds 1 open thing",
      location: expect.stringContaining("unclosed-watch.test.ts"),
    },
  ])
  await pool.close()
})

it("a pool that was opened outside every run may outlive the runs that use it", async () => {
  const problems: Problem[] = []
  const pool = new Pool({ create: () => 1, destroy: () => {}, max: 1 })
  await run(() => pool.run(() => {}), { onProblem: (problem) => void problems.push(problem) })
  expect(problems).toEqual([])
  await pool.close()
})

it("M66: a pool that was never closed is named with the line that opened it; a closed or unused one is not", async () => {
  const problems: Problem[] = []
  await run(
    async () => {
      await leave("closed")
      await leave("unused")
      await leave("open")
      for (let i = 0; i < 100 && problems.length === 0; i += 1) {
        await sleep(1)
        collect()
      }
    },
    { onProblem: (problem) => void problems.push(problem) },
  )
  expect(problems).toMatchObject([
    {
      message: "A pool was never closed; it holds 1 open thing",
      location: expect.stringContaining("unclosed-watch.test.ts"),
    },
  ])
})

it("several things are counted, and without lines in stacks the report has none", async () => {
  const problems: Problem[] = []
  const { stackTraceLimit } = Error
  await run(
    () => {
      Error.stackTraceLimit = 0
      try {
        return new UnclosedWatch({}, "A box", { open: 2 })
      } finally {
        Error.stackTraceLimit = stackTraceLimit
      }
    },
    { onProblem: (problem) => void problems.push(problem) },
  )
  expect(problems).toEqual([{ message: "A box was never closed; it holds 2 open things" }])
})
