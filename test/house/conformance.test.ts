// The table of conformance cases: complete, without strangers, and built from what tests came to.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { RunReport } from "../../scripts/conformance.mjs"
import { caseTable, faultsOf, idsOf, readCases, readDifferences } from "../../scripts/conformance.mjs"
import { conformanceCases } from "./conformance-cases.ts"
import { repository } from "./source-tree.ts"

const cases = readCases(readFileSync(join(repository, "test", "house", "conformance-cases.ts"), "utf8"))
const page = readFileSync(join(repository, "docs", "from-asyncio.md"), "utf8")

function reportOf(tests: Readonly<Record<string, string>>): RunReport {
  const assertionResults = Object.entries(tests).map(([title, status]) => ({ title, status }))
  return { testResults: [{ assertionResults }] }
}

describe("the list of cases", () => {
  it("has 325 cases, 224 of them core, each once", () => {
    expect(cases.length).toBe(325)
    expect(cases.filter(({ mark }) => mark === "core").length).toBe(224)
    expect(new Set(cases.map(({ id }) => id)).size).toBe(325)
  })

  it("is read by the script as TypeScript reads it", () => {
    const numbers = conformanceCases.flatMap(({ area, core, edge }) =>
      `${core} ${edge}`
        .trim()
        .split(" ")
        .map((number) => `${area}-${number}`),
    )
    expect(cases.map(({ id }) => id).sort()).toEqual(numbers.sort())
  })

  it("plans the graphs that are drawn from outside", () => {
    const planned = cases.filter((one) => one.planned).map(({ id }) => id)
    expect(planned.sort()).toEqual(["GRAPH-08", "GRAPH-09", "GRAPH-10"])
  })
})

describe("the different cases of docs/from-asyncio.md", () => {
  const rows = readDifferences(page)

  it("are cases, each with what and why, each once", () => {
    const known = new Set(cases.map(({ id }) => id))
    expect(rows.filter(({ id }) => !known.has(id))).toEqual([])
    expect(rows.filter(({ what, why }) => what.length < 20 || why.length < 20)).toEqual([])
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  })

  it("are some, and not most", () => {
    expect(rows.length).toBeGreaterThan(5)
    expect(rows.length).toBeLessThan(40)
  })
})

describe("the table", () => {
  it("finds the ids that a test's name begins with", () => {
    expect(idsOf("TASK-33: a task")).toEqual(["TASK-33"])
    expect(idsOf("QUEUE-11, QUEUE-17: a getter")).toEqual(["QUEUE-11", "QUEUE-17"])
    expect(idsOf("holds TASK-33: a task")).toEqual([])
    expect(idsOf("TASK-33 without a colon")).toEqual([])
  })

  it("tells passed, different, planned, missing and failed apart", () => {
    const report = reportOf({
      "TASK-02: passes": "passed",
      "TASK-03: passes here": "passed",
      "TASK-03: fails there": "failed",
      "TASK-04, TASK-05: is skipped": "skipped",
      "LOCK-04: shows what is here": "passed",
      "GRAPH-08: is there before its time": "passed",
    })
    const different = [{ id: "LOCK-04", what: "", why: "" }]
    const table = caseTable(cases, different, report)
    const statusOf = (id: string): string | undefined => table.find((line) => line.id === id)?.status
    const ids = ["TASK-02", "TASK-03", "TASK-04", "TASK-05", "LOCK-04", "GRAPH-08", "GRAPH-09", "TASK-07"]
    expect(ids.map(statusOf)).toEqual([
      "passed",
      "failed",
      "missing",
      "missing",
      "different",
      "passed",
      "planned",
      "missing",
    ])
    expect(table.length).toBe(325)
  })

  it("finds fault with core cases that are missing or failed, and with ids that are no case", () => {
    const tests = Object.fromEntries(
      cases.filter(({ mark }) => mark === "core").map(({ id }) => [`${id}: holds`, "passed"]),
    )
    const faults = (more: Readonly<Record<string, string>>, different: string[] = []): string[] => {
      const report = reportOf({ ...tests, ...more })
      const rows = different.map((id) => ({ id, what: "", why: "" }))
      return faultsOf(caseTable(cases, rows, report), rows, report)
    }
    expect(faults({})).toEqual([])
    expect(faults({ "LOCK-04: an edge": "failed" })).toEqual([])
    expect(faults({ "TASK-02: holds": "failed" })).toEqual(["[core] TASK-02 is failed"])
    expect(faults({ "TASK-02: holds": "skipped" })).toEqual(["[core] TASK-02 is missing"])
    expect(faults({ "TASK-01: a gap": "passed" })).toEqual(["A test carries TASK-01, which is no case"])
    expect(faults({}, ["LOCK-01"])).toEqual(["docs/from-asyncio.md tells of LOCK-01, which is no case"])
  })
})
