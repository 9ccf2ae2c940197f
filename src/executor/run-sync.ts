// Synchronous code that calls an async function.
//
//   the worker is | meaning                                   | leaves by
//   none          | no call yet, or the last one was lost     | a call starts it, with its keeper
//   idle          | waits for a call, holds nothing           | a call
//   busy          | calls the function; this thread sleeps    | answer -> idle, limit or death -> none
//
// While a thread sleeps it hears nothing, not even that its worker died. So the worker has a keeper, a thread between
// the two that sees it die and rings in its place. Each thread that calls has a pair of its own.
import { MessageChannel, Worker, receiveMessageOnPort } from "node:worker_threads"
import type { MessagePort } from "node:worker_threads"
import { describeReason } from "../base/describe-reason.ts"
import { misuse } from "../base/misuse.ts"
import { InvalidStateError, TimeoutError } from "../core/index.ts"
import { currentScope, platformClock, runOutsideTasks } from "../core/lowlevel.ts"
import { WorkerLostError } from "./errors.ts"
import { referenceOf } from "./function-reference.ts"
import { blockingProgramBegan } from "./load-function.ts"
import { hasPortableRegistry } from "./portable-registry.ts"
import { packShared, unpackShared } from "./sent-value.ts"
import type { SyncAnswer, SyncMessage, SyncSetting } from "./sync-message.ts"
import { syncUrl } from "./sync-url.ts"
import { workerFlags } from "./worker-flags.ts"
import { packThrown, unpackThrown } from "./thrown-parcel.ts"

/** Settings of {@link runSync}, behind the arguments of the function. */
export interface RunSyncOptions {
  /** Milliseconds after which its thread is ended, and a {@link TimeoutError} thrown. @default no limit */
  readonly timeout?: number | undefined
}

type AnyFunction = (...args: never[]) => unknown

/** The threads behind this one. */
interface Pair {
  readonly keeper: Worker
  /** To the worker. */
  readonly port: MessagePort
  /** From the keeper. */
  readonly watch: MessagePort
  readonly bell: Int32Array
}

/** Milliseconds that the keeper may take to begin: what keeps it from that nobody could tell a blocked thread. */
const longestStart = 20_000
const notBegun: SyncAnswer = {
  kind: "lost",
  exitCode: 1,
  parcel: packThrown(new Error("it did not begin")),
}

let pair: Pair | null = null

/**
 * Calls an async function from synchronous code, and blocks until it has the value.
 *
 * A pneumatic tube to another desk: you put the order in and stand there until the answer falls out. The function runs
 * in another thread, so it has to be one that can be sent; the thread is kept for the next call. For code that cannot
 * wait: a synchronous interface that others prescribe, a constructor, a getter. Where you can `await`, do.
 *
 * **Cancellation.** None: nothing can reach a thread that is blocked. Give it a limit.
 * **Pitfall.** All else in this thread stands still meanwhile: timers, sockets, tasks. What the function needs from this
 * thread never comes.
 *
 * @param fn - A function made by `portable` or `inline`, async or not.
 * @param args - Its arguments, copied, and behind them, if wanted, `{ timeout }`. @default no limit
 * @returns What it gives, copied.
 * @throws What it throws, with the stacks of both sides.
 * @throws {InvalidStateError} If a run is going on in this thread.
 * @throws {TimeoutError} If the limit ran out first; its thread is ended.
 * @throws {WorkerLostError} If its thread ended: by `process.exit()`, or out of memory.
 *
 * @example Without await
 * ```ts no-run
 * const fetchLength = inline(async (url: string) => (await (await fetch(url)).text()).length)
 * runSync(fetchLength, "data:text/plain,hello") // => 5
 * ```
 */
export function runSync<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Awaited<R>
export function runSync<F extends AnyFunction>(
  fn: F,
  ...args: [...Parameters<F>, RunSyncOptions]
): Awaited<ReturnType<F>>
export function runSync(fn: AnyFunction, ...given: readonly unknown[]): unknown {
  const reference = referenceOf(fn)
  const { args, timeout } = partOptions(fn, given)
  expectProgram(reference.name)
  const message: SyncMessage = { fn: reference, args: packShared(args) }
  pair ??= runOutsideTasks(startPair)
  pair.port.postMessage(message)
  const answer = waitFor(pair, timeout)
  if (answer?.kind === "value") return unpackShared(answer.value)
  if (answer?.kind === "thrown") throw unpackThrown(answer.parcel, "in the thread of runSync", placeOfCall())
  void pair.keeper.terminate()
  pair = null
  if (answer === null)
    throw new TimeoutError(`Timed out after ${timeout} ms waiting for function "${reference.name}"`)
  throw lost(reference.name, answer)
}

// In a thread of ours the only run is the one that calls functions, and waits for nothing else. Outside of it there is
// only the top level of a module that is imported for them: a program that does not begin there (see `holdPrograms`),
// and would import itself again.
function expectProgram(name: string): void {
  const { isRun } = currentScope().home
  if (!hasPortableRegistry()) {
    if (!isRun) return
    throw new InvalidStateError(
      `Cannot block for function "${name}": a run is going on here, and its tasks would stand still; ` +
        "use `await toThread(fn, …)`, or `await fn(…)` to call it in this thread",
    )
  }
  if (isRun) return
  blockingProgramBegan()
  throw new InvalidStateError(
    `Cannot block for function "${name}": this is the top level of a module that a worker imports for its functions, ` +
      "and a program does not begin there",
  )
}

function lost(name: string, { exitCode, parcel }: SyncAnswer & { readonly kind: "lost" }): WorkerLostError {
  const cause = parcel === null ? undefined : unpackThrown(parcel, "in the thread of runSync")
  const why =
    cause === undefined ? `it left by \`process.exit(${exitCode})\`` : `it died: ${describeReason(cause)}`
  return new WorkerLostError(
    `Cannot finish function "${name}": the thread it ran in is gone, ${why}`,
    { job: name, exitCode, signal: null },
    cause === undefined ? undefined : { cause },
  )
}

function startPair(): Pair {
  const calls = new MessageChannel()
  const watches = new MessageChannel()
  const bell = new Int32Array(new SharedArrayBuffer(8))
  const setting: SyncSetting = { role: "keeper", port: calls.port2, watch: watches.port2, bell }
  const keeper = new Worker(syncUrl, {
    ...workerFlags,
    workerData: { tsyncio: setting },
    transferList: [calls.port2, watches.port2],
  })
  keeper.unref()
  return { keeper, port: calls.port1, watch: watches.port1, bell }
}

/** Sleeps until there is an answer; null if the limit ran out first. */
function waitFor({ port, watch, bell }: Pair, timeout: number): SyncAnswer | null {
  const deadline = platformClock.now() + timeout
  for (;;) {
    const before = Atomics.load(bell, 0)
    // The answer first: the worker may have given it, and died then.
    const received = receiveMessageOnPort(port) ?? receiveMessageOnPort(watch)
    if (received !== undefined) return (received as { readonly message: SyncAnswer }).message
    const left = deadline - platformClock.now()
    if (left <= 0) return null
    const isBegun = Atomics.load(bell, 1) === 1
    const isRung =
      Atomics.wait(bell, 0, before, isBegun ? left : Math.min(left, longestStart)) !== "timed-out"
    if (!isBegun && !isRung && left > longestStart && Atomics.load(bell, 1) === 0) return notBegun
  }
}

function partOptions(
  fn: { readonly length: number },
  given: readonly unknown[],
): { args: readonly unknown[]; timeout: number } {
  const last = given.at(-1)
  const isMore = given.length > fn.length && typeof last === "object" && last !== null
  if (!isMore || Object.keys(last).join() !== "timeout") return { args: given, timeout: Infinity }
  const { timeout = Infinity } = last as RunSyncOptions
  if (!(typeof timeout === "number" && timeout >= 0))
    throw misuse("timeout", "milliseconds from 0 up", timeout)
  return { args: given.slice(0, -1), timeout }
}

/** The stack of the caller, without our own frames. */
function placeOfCall(): string | null {
  const lines = (new Error("called").stack ?? "").split("\n").slice(1)
  const theirs = lines.filter((line) => !/[\\/]executor[\\/]run-sync\.[jt]s/.test(line))
  return theirs.length === 0 ? null : theirs.join("\n")
}
