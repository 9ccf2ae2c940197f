// A run on a virtual clock that leaves nothing behind.
//
// The usual shape of a test: main runs as under `run`, time jumps, and when it has ended every
// timer and every task must be gone and no problem reported, or the test fails.
import type { Problem, RunOptions, Work } from "../core/index.ts"
import { run } from "../core/index.ts"
import { LeakError, findLeaks } from "./leaks.ts"
import { watchStall } from "./stall-watch.ts"
import type { VirtualClockOptions } from "./virtual-clock.ts"
import { VirtualClock } from "./virtual-clock.ts"

/** Settings of {@link runVirtual}. */
export interface RunVirtualOptions extends RunOptions, VirtualClockOptions {
  /** Problems that the test expects are taken by this handler. @default a problem fails the test */
  readonly onProblem?: RunOptions["onProblem"]
  /**
   * Milliseconds of real time in which nothing happens, every task being parked with no timer left, after
   * which the run fails as deadlocked. @default 1000
   */
  readonly stall?: number | undefined
}

/**
 * Runs `main` on a virtual clock, and fails if anything is left alive or a problem was reported.
 *
 * A day in a minute: sleeps and time limits take no real time, in exact order. Real I/O inside is
 * waited for, and time stands still meanwhile.
 *
 * **Cancellation.** As {@link run}.
 * **Pitfall.** Time jumps when every task is parked in a wait of the library, `cancellable(promise)`
 * included: a limit around real I/O that is awaited so runs out at once. Await such I/O plainly.
 *
 * @param main - The test.
 * @param options - As for `run`, and `seed` for `clock.random()`, `wallTime` for the date, `stall` for how
 * long real I/O may take.
 * @returns What main gives.
 * @throws {DeadlockError} If every task waits and nothing is left that could wake one.
 * @throws {LeakError} If tasks or timers are left, or an error reached nobody.
 * @throws {InvalidStateError} If another virtual clock is in force: one test at a time.
 *
 * @example An hour in no time
 * ```ts
 * const start = now()
 * await sleep(3_600_000)
 * now() - start // => 3600000
 * ```
 */
export async function runVirtual<T>(main: Work<T>, options: RunVirtualOptions = {}): Promise<T> {
  const problems: Problem[] = []
  const before = new Set(findLeaks())
  const uninstall = new VirtualClock(options).install()
  const unwatch = watchStall(options.stall ?? 1000)
  try {
    const onProblem = options.onProblem ?? ((problem: Problem) => void problems.push(problem))
    const value = await run(main, { handleSignals: false, ...options, onProblem })
    const leaks = findLeaks().filter((leak) => !before.has(leak))
    if (leaks.length > 0) throw new LeakError(leaks)
    const first = problems[0]
    if (first !== undefined)
      throw new LeakError(
        problems.map((problem) => problem.message),
        { cause: first.error },
      )
    return value
  } finally {
    unwatch()
    uninstall()
  }
}
