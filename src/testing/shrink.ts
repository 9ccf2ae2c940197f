// From a schedule that fails to the one that is easiest to read.
//
// Easy to read is: close to the order of arrival. First whole stretches of choices are set back to it,
// then single ones. Then the other end: schedules with no, one, two turns out of order are tried until
// one fails or the budget is used up. If that was not needed to the end, the number of turns out of order
// is proven to be the least.
import { replayOf } from "./chooser.ts"
import type { Chooser } from "./schedule.ts"
import type { ScheduleResult } from "./run-schedule.ts"

/** The shortest schedule that was found. */
export interface Shrunk {
  readonly choices: readonly number[]
  /** Whether no schedule with fewer turns out of order fails in the same way. */
  readonly isLeast: boolean
}

/** Turns, those of the event loop included, that may be spent; well below a second. */
const budget = 200_000

type Attempt = (chooser: Chooser) => Promise<ScheduleResult>

/** Finds a schedule near the order of arrival that fails as `failed` did. */
export async function shrink(failed: ScheduleResult, attempt: Attempt): Promise<Shrunk> {
  const search = new Search(failed, attempt)
  await search.setBack()
  return search.lookBelow()
}

class Search {
  readonly #attempt: Attempt
  readonly #failed: ScheduleResult
  /** The best so far: choices of a schedule that fails. */
  #best: readonly number[]
  #spent = 0

  constructor(failed: ScheduleResult, attempt: Attempt) {
    this.#failed = failed
    this.#attempt = attempt
    this.#best = failed.schedule.choices
  }

  /** Sets stretches of choices back to the order of arrival, long ones first, until none can be. */
  async setBack(): Promise<void> {
    for (let length = this.#best.length; length >= 1; length = Math.ceil(length / 2)) {
      for (let from = 0; from < this.#best.length; from += length) {
        if (this.#spent > budget / 2) return
        const tried = this.#best.map((choice, at) => (at >= from && at < from + length ? 0 : choice))
        if (deviations(tried) < deviations(this.#best)) await this.#tryOut(tried)
      }
      if (length === 1) return
    }
  }

  /** Walks the schedules with fewer turns out of order than the best, fewest first. */
  async lookBelow(): Promise<Shrunk> {
    let level: ScheduleResult[] = []
    const most = deviations(this.#best)
    for (let count = 0; count < most; count += 1) {
      const starts = count === 0 ? [[]] : level.flatMap((result) => oneMore(result))
      level = []
      for (const start of starts) {
        if (this.#spent >= budget) return { choices: this.#best, isLeast: false }
        const result = await this.#tryOut(start)
        if (this.#fails(result)) return { choices: this.#best, isLeast: true }
        level.push(result)
      }
    }
    return { choices: this.#best, isLeast: true }
  }

  async #tryOut(choices: readonly number[]): Promise<ScheduleResult> {
    const result = await this.#attempt(replayOf(choices))
    this.#spent += result.schedule.turns + result.schedule.looks
    if (this.#fails(result) && result.schedule.deviations < deviations(this.#best))
      this.#best = result.schedule.choices
    return result
  }

  #fails(result: ScheduleResult): boolean {
    return result.problem === this.#failed.problem && kindOf(result.error) === kindOf(this.#failed.error)
  }
}

/** The schedules that follow `result` up to some choice after its last turn out of order, and take another one there. */
function oneMore({ schedule: { choices, counts } }: ScheduleResult): number[][] {
  const last = choices.findLastIndex((choice) => choice !== 0)
  const found: number[][] = []
  for (let at = last + 1; at < choices.length; at += 1) {
    for (let choice = 1; choice < (counts[at] as number); choice += 1)
      found.push([...choices.slice(0, at), choice])
  }
  return found
}

function deviations(choices: readonly number[]): number {
  return choices.filter((choice) => choice !== 0).length
}

function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
