// One program under many orders of its turns.
//
// A program of tasks is right if it is right in every order in which they may go on; a test sees one.
// Here the next turn is picked by a seed, or every order is walked once, depth first. The walk is a list
// of choices: the last one that can be raised is, and what came after it falls away. Some schedules are
// run twice: if the same choices lead somewhere else, something that is not the order of turns decides in
// the program, and no result could be trusted.
import { misuse } from "../base/misuse.ts"
import { chooserOf, readChoices, replayOf, writeChoices } from "./chooser.ts"
import type { ExploreProblem } from "./explore-error.ts"
import { ExploreError } from "./explore-error.ts"
import { formatFinding } from "./format-finding.ts"
import type { ExploredProgram, ScheduleResult } from "./run-schedule.ts"
import { runSchedule } from "./run-schedule.ts"
import type { RunVirtualOptions } from "./run-virtual.ts"
import type { Chooser } from "./schedule.ts"
import { shrink } from "./shrink.ts"

/** Settings of {@link explore}. */
export interface ExploreOptions extends Omit<RunVirtualOptions, "seed" | "signal" | "loopFactory"> {
  /** How many seeds are run. @default 1000, or 1 if `seed` is given */
  readonly seeds?: number | undefined
  /** The first seed; the others count up from it. @default 1 */
  readonly seed?: number | undefined
  /** Run the one schedule that a failure printed. @default none */
  readonly replay?: string | undefined
  /** Walk every schedule once instead of drawing some. @default false */
  readonly exhaustive?: boolean | undefined
  /** Turns out of order that a schedule of an exhaustive walk may have. @default no limit */
  readonly mostDeviations?: number | undefined
  /** Schedules after which an exhaustive walk fails as too long. @default 100_000 */
  readonly mostSchedules?: number | undefined
  /** Turns after which a program counts as endless. @default 10_000 */
  readonly mostTurns?: number | undefined
  /** Share of the schedules that is run a second time and has to come out the same. @default 0.01 */
  readonly recheck?: number | undefined
}

/** What was explored, when nothing failed. */
export interface ExploreReport {
  /** Schedules that were run; second runs are not counted. */
  readonly schedules: number
  /** Different ones among them. */
  readonly distinct: number
  /** Schedules that were run a second time and came out the same. */
  readonly rechecked: number
  /** Turns of all schedules together. */
  readonly turns: number
  /** Places of the longest schedule where there was something to choose. */
  readonly mostChoices: number
}

/**
 * Runs a program under many orders of its turns, and fails with the one in which it fails.
 *
 * A test that plays with all the ways in which tasks can come after each other. Each schedule is a fresh
 * `runVirtual`: virtual time, nothing may be left behind. Where two or more turns are ready (a task that
 * starts, a wait that ends) any of them may be next; timers of one instant fire in any order. What is handed
 * over inside a primitive is not shuffled: a lock still serves who came first, only the served one may go on
 * later. For one order, written down, use {@link steps}.
 *
 * To cancel at any point, let a task do it: `createTask(async () => victim.cancel())` gets its turn before,
 * between and after all others.
 *
 * **Cancellation.** Cannot be cancelled; it is called outside every run.
 * **Pitfall.** The program must do the same whenever its turns come in the same order: no real I/O, no
 * `Math.random()`, nothing that is kept from one run to the next. Make what it works on inside of it.
 * **Pitfall.** A program that builds on the order of arrival between tasks (the task made first takes the
 * lock first) fails here although it is right: assert such order under {@link runVirtual}.
 *
 * @param program - Called once per schedule, as main. Gets `choose(options)`, which is explored as well.
 * @param options.seeds - How many seeds are run. @default 1000, or 1 if `seed` is given
 * @param options.seed - The first seed. @default 1
 * @param options.exhaustive - Walk every schedule once; for small programs. @default false
 * @param options.replay - Run the one schedule that a failure printed. @default none
 * @returns Numbers for the record, once every schedule went well.
 * @throws {ExploreError} If a schedule fails, deadlocks, never ends or cannot be repeated; with the shortest such schedule.
 * @throws {TypeError} If an option is of the wrong kind.
 * @throws {RangeError} If a number is out of range.
 *
 * @example A lost update, found and mended
 * ```ts no-run
 * const program = async () => {
 *   const lock = new Lock()
 *   let balance = 0
 *   const deposit = () =>
 *     lock.run(async () => {
 *       const read = balance
 *       await sleep(0)
 *       balance = read + 1
 *     })
 *   await gather([deposit, deposit])
 *   if (balance !== 2) throw new Error(`balance is ${balance}`)
 * }
 * await explore(program, { exhaustive: true }) // without the lock: throws ExploreError
 * ```
 */
export async function explore(
  program: ExploredProgram,
  options: ExploreOptions = {},
): Promise<ExploreReport> {
  if (typeof program !== "function")
    throw new TypeError(
      `Expected \`program\` to be a function, got \`${String(program)}\` (${typeof program})`,
    )
  const exploration = new Exploration(program, options)
  if (options.replay !== undefined) await exploration.replay(readChoices(options.replay))
  else if (options.exhaustive === true) await exploration.walk()
  else await exploration.draw()
  return exploration.report()
}

class Exploration {
  readonly #program: ExploredProgram
  readonly #options: ExploreOptions
  readonly #mostTurns: number
  /** Every so many schedules one is run again; 0 for none. */
  readonly #recheckEach: number
  #schedules = 0
  #rechecked = 0
  #turns = 0
  #mostChoices = 0
  readonly #fingerprints = new Set<number>()

  constructor(program: ExploredProgram, options: ExploreOptions) {
    const { recheck = 0.01 } = options
    if (!(recheck >= 0 && recheck <= 1)) throw misuse("recheck", "a number from 0 to 1", recheck)
    this.#program = program
    this.#options = options
    this.#recheckEach = recheck === 0 ? 0 : Math.round(1 / recheck)
    this.#mostTurns = expectCount("mostTurns", options.mostTurns, 10_000)
  }

  report(): ExploreReport {
    return {
      schedules: this.#schedules,
      distinct: this.#fingerprints.size,
      rechecked: this.#rechecked,
      turns: this.#turns,
      mostChoices: this.#mostChoices,
    }
  }

  async replay(choices: readonly number[]): Promise<void> {
    const { seed = null } = this.#options
    const result = await this.#check(() => replayOf(choices), seed)
    if (writeChoices(result.schedule.choices) !== writeChoices(choices))
      this.#refuse("not deterministic", "the schedule to replay leads somewhere else", seed, result)
  }

  async draw(): Promise<void> {
    const { seed: first = 1 } = this.#options
    if (!Number.isSafeInteger(first)) throw misuse("seed", "an integer", first)
    const seeds = expectCount("seeds", this.#options.seeds, this.#options.seed === undefined ? 1000 : 1)
    for (let seed = first; seed < first + seeds; seed += 1) await this.#check(() => chooserOf(seed), seed)
  }

  async walk(): Promise<void> {
    const most = expectCount("mostSchedules", this.#options.mostSchedules, 100_000)
    const { mostDeviations = Infinity } = this.#options
    let next: number[] | null = []
    let expected: readonly number[] = []
    while (next !== null) {
      const choices: readonly number[] = next
      const result = await this.#check(() => replayOf(choices), null)
      const { schedule } = result
      if (!isPrefix(choices, schedule.choices) || !isPrefix(expected, schedule.counts))
        this.#refuse("not deterministic", "the same choices led to other turns", null, result)
      next = following(schedule.choices, schedule.counts, mostDeviations)
      expected = schedule.counts.slice(0, next?.length ?? 0)
      if (next !== null && this.#schedules >= most) {
        const advice =
          "make the program smaller, bound `mostDeviations`, raise `mostSchedules` or draw `seeds`"
        this.#refuse(
          "too many schedules",
          `${most} schedules were run and there are more: ${advice}`,
          null,
          result,
        )
      }
    }
  }

  async #check(makeChooser: () => Chooser, seed: number | null): Promise<ScheduleResult> {
    const isRechecked = this.#recheckEach > 0 && this.#schedules % this.#recheckEach === 0
    this.#schedules += 1
    const result = await this.#run(makeChooser(), seed, isRechecked)
    const { schedule } = result
    this.#turns += schedule.turns
    this.#mostChoices = Math.max(this.#mostChoices, schedule.choices.length)
    this.#fingerprints.add(fingerprint(schedule.choices))
    if (result.problem !== "none") await this.#fail(result, seed)
    if (isRechecked) await this.#recheck(result, makeChooser(), seed)
    return result
  }

  #run(chooser: Chooser, seed: number | null, isTraced: boolean): Promise<ScheduleResult> {
    return runSchedule(this.#program, chooser, {
      run: { ...this.#options, seed: seed ?? undefined },
      mostTurns: this.#mostTurns,
      isTraced,
    })
  }

  async #recheck(first: ScheduleResult, chooser: Chooser, seed: number | null): Promise<void> {
    this.#rechecked += 1
    const second = await this.#run(chooser, seed, true)
    const turn = differsAt(first.schedule.trace ?? [], second.schedule.trace ?? [])
    if (turn === null && second.problem === first.problem) return
    const where = turn === null ? "at its end" : `at turn ${turn + 1}`
    this.#refuse(
      "not deterministic",
      `the same schedule came out differently a second time, ${where}`,
      seed,
      second,
    )
  }

  async #fail(failed: ScheduleResult, seed: number | null): Promise<never> {
    const { choices, isLeast } = await shrink(failed, (chooser) => this.#run(chooser, seed, false))
    const shown = await this.#run(replayOf(choices), seed, true)
    if (shown.problem === "none")
      this.#refuse("not deterministic", "the schedule failed once and not again", seed, failed)
    throw this.#errorOf(shown.problem, shown, seed, isLeast ? "least" : "short")
  }

  #refuse(problem: ExploreProblem, why: string, seed: number | null, result: ScheduleResult): never {
    throw this.#errorOf(problem, { ...result, error: result.error ?? new Error(why) }, seed, "as run", why)
  }

  #errorOf(
    problem: ExploreProblem,
    result: ScheduleResult,
    seed: number | null,
    form: "least" | "short" | "as run",
    why?: string,
  ): ExploreError {
    const { schedule, error } = result
    const replay = writeChoices(schedule.choices)
    const finding = { problem, seed, schedules: this.#schedules, replay, trace: schedule.trace ?? [] }
    return new ExploreError(
      formatFinding(finding, { form, why, error, deviations: schedule.deviations }),
      finding,
      {
        cause: error,
      },
    )
  }
}

/** The schedule after the one with these choices, in depth-first order; null after the last. */
function following(choices: readonly number[], counts: readonly number[], most: number): number[] | null {
  let deviations = choices.filter((choice) => choice !== 0).length
  for (let at = choices.length - 1; at >= 0; at -= 1) {
    const choice = choices[at] as number
    if (choice !== 0) deviations -= 1
    if (choice + 1 < (counts[at] as number) && deviations < most) return [...choices.slice(0, at), choice + 1]
  }
  return null
}

function isPrefix(short: readonly number[], long: readonly number[]): boolean {
  return short.every((value, at) => value === long[at])
}

/** The first turn in which two traces differ; null if none does. */
function differsAt(a: readonly string[], b: readonly string[]): number | null {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) if (a[at] !== b[at]) return at
  return null
}

// 53 bits: among a million schedules two share one by a chance of about one in twenty thousand.
function fingerprint(choices: readonly number[]): number {
  let low = 0x9e3779b9
  let high = 0x85ebca6b
  for (const choice of choices) {
    low = Math.imul(low ^ (choice + 1), 0x01000193)
    high = Math.imul(high ^ (choice + 1), 0x27d4eb2f)
    high ^= low >>> 13
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0)
}

function expectCount(name: string, count: number | undefined, otherwise: number): number {
  if (count === undefined) return otherwise
  if (!Number.isInteger(count) || count < 1) throw misuse(name, "an integer from 1 up", count)
  return count
}
