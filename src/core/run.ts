// The entry point: from nothing to a loop with a main task, and back to nothing.
//
// One run of a runner, which is closed at the end: leftovers are cancelled and awaited, listeners
// taken back, the loop closed, and errors that nobody has looked at reported.
import type { RunOptions } from "./runner.ts"
import { Runner, expectOutside } from "./runner.ts"
import type { Work } from "./work.ts"

/**
 * Runs `main` to its end, with everything that belongs to it.
 *
 * The front door of a program: opens a loop, runs main as its first task, then cancels and awaits
 * whatever is left. Inside a run, use {@link taskGroup} instead; in a program that has its own
 * event handling, the parts of the library work without it as well.
 *
 * **Cancellation.** Ctrl-C, SIGTERM and `options.signal` cancel main. A second signal interrupts
 * its clean-up, a third leaves the process at once. Exit codes are 130 and 143.
 *
 * @param main - The program: a function, or a future.
 * @param options.signal - Cancels main when it aborts. @default none
 * @param options.strict - Fail when a call that nobody awaited outlives its block. @default false
 * @param options.patience - Milliseconds a cancelled task may take before it is told again. @default 10_000
 * @param options.onStuck - What to do when main, or what it left, was cancelled and has not ended after
 * `patience`: wait for it, fail with a StuckError (`"throw"`), or end without it (`"detach"`). @default "wait"
 * @param options.handleSignals - Cancel main on SIGINT and SIGTERM. @default true, unless the program listens itself
 * @param options.debug - Record places and report slow steps. @default whether TSYNCIO_DEBUG is 1
 * @param options.context - Context variables main runs with. @default none set
 * @param options.loopFactory - Makes the loop. @default a new `EventLoop`
 * @param options.onProblem - Gets the errors that reach nobody. @default writes them to stderr
 * @returns What main gives, once nothing is left.
 * @throws {InvalidStateError} If called inside a run.
 * @throws {DeadlockError} If all tasks wait for each other.
 * @throws {CancelledError} If main was cancelled.
 * @throws {StuckError} If main, or what it left, does not end and `onStuck` is `"throw"`.
 *
 * @example A program
 * ```ts
 * const answer = await run(async () => {
 *   await sleep(10)
 *   return 42
 * })
 * answer // => 42
 * ```
 */
export async function run<T>(main: Work<T>, options: RunOptions = {}): Promise<T> {
  const held = expectOutside()
  if (held !== null) return held
  const runner = new Runner(options)
  try {
    return await runner.run(main)
  } finally {
    await runner.close()
  }
}
