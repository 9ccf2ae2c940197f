// The message of an ExploreError: what went wrong, turn by turn, and how to see it again.
//
// Test runners print the message and little else, so the story is told here in full, and ends with the call
// to copy. What must stay true: that call leads to the schedule that is shown.
import type { ExploreFinding, ExploreProblem } from "./explore-error.ts"

/** What the message tells beside the finding. */
export interface FindingDetails {
  /** How the schedule shown came about: nothing with fewer turns out of order fails, a short one, or as it was. */
  readonly form: "least" | "short" | "as run"
  /** What is wrong, where no error of the program says it. */
  readonly why: string | undefined
  readonly error: unknown
  readonly deviations: number
}

/** Turns that are printed; of a longer schedule, the last ones. */
const mostLines = 60

const titles: Readonly<Record<ExploreProblem, string>> = {
  failed: "The program fails",
  deadlock: "The program comes to a deadlock",
  endless: "The program goes on and on",
  "not deterministic": "The program is not deterministic",
  "too many schedules": "The walk is not complete",
}

/** The whole story in a text. */
export function formatFinding(finding: ExploreFinding, details: FindingDetails): string {
  const { problem, seed, schedules, trace, replay } = finding
  const what = details.why ?? textOf(details.error)
  const where = `schedule ${schedules}${seed === null ? "" : `, seed ${seed}`}`
  const lines = [`${titles[problem]} (${where}): ${what}`]
  if (problem === "too many schedules") return lines.join("\n")
  lines.push(`${headOf(details)}:`, ...shown(trace))
  if (problem === "not deterministic") {
    lines.push(
      "Something else than the order of turns decides: real time, real I/O, `Math.random()`, or what is kept between runs.",
    )
    return lines.join("\n")
  }
  const options = [...(seed === null ? [] : [`seed: ${seed}`]), `replay: ${JSON.stringify(replay)}`]
  lines.push(`Once more: explore(program, { ${options.join(", ")} })`)
  return lines.join("\n")
}

function headOf({ form, deviations }: FindingDetails): string {
  if (form === "as run") return "Its turns"
  if (deviations === 0) return "Its turns, all in order of arrival"
  const count = deviations === 1 ? "1 turn" : `${deviations} turns`
  const claim = form === "least" ? "no schedule with fewer fails so" : "there may be one with fewer"
  return `Minimal interleaving, ${count} out of order (${claim})`
}

function shown(trace: readonly string[]): string[] {
  const left = Math.max(0, trace.length - mostLines)
  const lines = trace.slice(left).map((line) => `  ${line}`)
  return left === 0 ? lines : [`  … ${left} lines before`, ...lines]
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
