/** What became of one case. */
export type CaseStatus = "passed" | "failed" | "different" | "planned" | "missing"

/** One line of the table. */
export interface CaseLine {
  readonly id: string
  readonly area: string
  readonly mark: "core" | "edge"
  readonly status: CaseStatus
}

/** A case as `test/house/conformance-cases.ts` has it. */
export interface Case {
  readonly id: string
  readonly area: string
  readonly title: string
  readonly mark: "core" | "edge"
  readonly planned: boolean
}

/** The part of vitest's JSON report that the table is made from. */
export interface RunReport {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[]
  }[]
}

/** What `docs/from-asyncio.md` says about one case. */
export interface DifferentCase {
  readonly id: string
  readonly what: string
  readonly why: string
}

/** Ids that the name of a test begins with: `"QUEUE-11, QUEUE-17: …"`. */
export function idsOf(testName: string): string[]

/** The cases, read from the text of `test/house/conformance-cases.ts`. */
export function readCases(text: string): Case[]

/** Rows of the table `id | what is different here | why`, read from the text of `docs/from-asyncio.md`. */
export function readDifferences(text: string): DifferentCase[]

/** The table: each case with its status. */
export function caseTable(
  cases: readonly Case[],
  different: readonly DifferentCase[],
  report: RunReport,
): CaseLine[]

/** What makes the command fail: core cases that are missing or failed, and ids that no case has. */
export function faultsOf(
  table: readonly CaseLine[],
  different: readonly DifferentCase[],
  report: RunReport,
): string[]
