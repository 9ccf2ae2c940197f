// Three tasks, a few operations each, one cancel at any point: every order of turns, and many by seeds.
//
// TSYNCIO_PROOF_FACTOR multiplies the seeds (the normal run has 10,000 for each program), and from 5 on no walk is
// bounded; TSYNCIO_PROOF_SEED is the first one, or `fresh` for one that was never used. A line per program tells what was run, and
// TSYNCIO_PROOF_REPORT names a file that gets the same as JSON lines.
import { appendFileSync } from "node:fs"
import { describe, it } from "vitest"
import type { Task } from "../../src/index.ts"
import { Future, createTask } from "../../src/index.ts"
import type { ExploreOptions, ExploreReport, ExploredProgram } from "../../src/testing/index.ts"
import { ExploreError, explore } from "../../src/testing/index.ts"

const factor = Number(process.env["TSYNCIO_PROOF_FACTOR"] ?? 1)
const isLong = factor >= 5
const givenSeed = process.env["TSYNCIO_PROOF_SEED"] ?? "1"
const firstSeed = givenSeed === "fresh" ? Date.now() * 1000 : Number(givenSeed)

/** One round of three tasks. */
export interface Trial {
  /** What the tasks do; the one that is cancelled may end with the CancelledError. */
  readonly bodies: readonly (() => Promise<unknown>)[]
  /** Called in the turn in which a task has ended, so that nobody waits for what it left undone. */
  readonly ended?: (task: number, isCancelled: boolean) => void
  /** Called once all have ended; throws if something is wrong. */
  readonly check: () => void | Promise<void>
}

/** The trial as a program: the bodies as tasks, and one more that cancels one of them. */
function trialProgram(make: () => Trial): ExploredProgram {
  return async ({ choose }) => {
    const trial = make()
    const names = ["a", "b", "c", "d"].slice(0, trial.bodies.length)
    const victim = choose(names)
    const over = new Future<void>()
    let living = names.length + 1
    const tasks: Task<unknown>[] = []
    const watch = (task: Task<unknown>, index: number): void => {
      task.addListener({
        futureDone: () => {
          trial.ended?.(index, task.cancelled())
          living -= 1
          if (living === 0) over.setResult()
        },
      })
    }
    for (const [index, body] of trial.bodies.entries()) {
      const task = createTask(body, { name: names[index] })
      tasks.push(task)
      watch(task, index)
    }
    const canceller = createTask(async () => void tasks[names.indexOf(victim)]?.cancel(), {
      name: "canceller",
    })
    watch(canceller, -1)
    await over
    for (const [index, task] of tasks.entries())
      if (!task.cancelled() || names[index] !== victim) task.result()
    await trial.check()
  }
}

/** What is run of a program. */
export interface ProofOptions {
  /** Turns out of order that are walked in a normal run; `test:long`, and all if it is left out, walks the whole tree. */
  readonly mostDeviations?: number
  /** Rounds of the operations in that walk. @default 1 */
  readonly rounds?: number
  /** The same in `test:long`. @default `rounds` */
  readonly longRounds?: number
}

/** Throws unless it is so; `expect` would cost more than a schedule. */
export function must(isSo: boolean, text: string): void {
  if (!isSo) throw new Error(`Not so: ${text}`)
}

/**
 * Tests of one program: every schedule of one round, then schedules of `make(3)` by seed.
 *
 * @param make - The trial with so many rounds of its operations.
 */
export function prove(name: string, make: (rounds: number) => Trial, options: ProofOptions = {}): void {
  const { rounds = 1, longRounds = rounds } = options
  const mostDeviations = isLong ? undefined : options.mostDeviations
  const bound = mostDeviations === undefined ? "every schedule" : `up to ${mostDeviations} turns out of order`
  describe(`${name}`, () => {
    it(`holds under ${bound}`, { timeout: isLong ? 600_000 : 120_000 }, () =>
      record(
        name,
        bound,
        trialProgram(() => make(isLong ? longRounds : rounds)),
        {
          exhaustive: true,
          mostDeviations,
          mostSchedules: isLong ? 1_000_000 : 100_000,
          recheck: 0.001,
        },
      ),
    )
    it("holds under schedules by seed", { timeout: 60_000 * Math.max(1, factor) }, () =>
      record(
        name,
        "by seed",
        trialProgram(() => make(3)),
        { seeds: Math.round(10_000 * factor), seed: firstSeed },
      ),
    )
  })
}

async function record(
  name: string,
  how: string,
  program: ExploredProgram,
  options: ExploreOptions,
): Promise<ExploreReport> {
  const start = process.cpuUsage()
  const report = await withoutStacks(() => explore(program, options)).catch(async (error: unknown) => {
    if (error instanceof ExploreError)
      await explore(program, { replay: error.replay, seed: error.seed ?? undefined })
    throw error
  })
  const { user, system } = process.cpuUsage(start)
  const line = { name, how, ...report, seconds: Math.round((user + system) / 10_000) / 100 }
  process.stdout.write(
    `proof: ${name}, ${how}: ${report.schedules} schedules (${report.distinct} different), ${line.seconds} s of processor time\n`,
  )
  const path = process.env["TSYNCIO_PROOF_REPORT"]
  if (path !== undefined) appendFileSync(path, `${JSON.stringify(line)}\n`)
  return report
}

/** Errors that are made meanwhile have no stacks, which cost a fifth of a schedule; one that fails is run again with them. */
async function withoutStacks<T>(fn: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return await fn()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
