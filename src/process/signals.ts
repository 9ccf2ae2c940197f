// Signals to this process, as events.
//
// One listener for each signal, however many iterate. What comes while nobody asks is kept, each signal
// once, as the system itself does. What must stay true: the listener is there from the first `next()` until
// the loop is left, and no longer; a task that waits for a signal keeps the process alive.
import { constants } from "node:os"
import { misuse } from "../base/misuse.ts"
import type { ClockTimer, WaitOptions } from "../core/lowlevel.ts"
import { WaitList, expectSignal, platformClock } from "../core/lowlevel.ts"

const over: IteratorReturnResult<undefined> = { done: true, value: undefined }

/**
 * Signals that this process gets, as they come.
 *
 * A doorbell with names on it: `for await` answers, and while somebody listens the signal does nothing
 * else. To end a program by Ctrl-C nothing is needed: `run` does that.
 *
 * **Cancellation.** Leaving the loop, or a cancel while waiting, takes the listeners off; a signal then
 * does what it does by default again.
 * **Fairness.** Each of several loops gets each signal. One that comes again before it was taken counts
 * once.
 * **Pitfall.** A `run` that handles SIGINT and SIGTERM cancels main as well: to have these as events only,
 * `run(main, { handleSignals: false })`. From the call to the first `next()` nobody listens yet.
 *
 * @param names - `"SIGHUP"`, `"SIGUSR2"` and so on; at the end, settings may follow.
 * @param options.signal - Ends the loop with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds that one wait may take, after which it throws a TimeoutError. @default no limit
 * @returns The names, without end.
 * @throws {RangeError} If there is no such signal, or none can be listened to.
 *
 * @example Read the settings again
 * ```ts no-run
 * for await (const name of signals("SIGHUP")) console.log(`${name}: settings are read again`)
 * ```
 */
export function signals(
  ...names: readonly NodeJS.Signals[] | readonly [...NodeJS.Signals[], WaitOptions]
): AsyncIterableIterator<NodeJS.Signals> & AsyncDisposable {
  const last = names.at(-1)
  const options = typeof last === "object" ? last : {}
  const wanted = (typeof last === "object" ? names.slice(0, -1) : names) as NodeJS.Signals[]
  if (wanted.length === 0) throw misuse("names", "one signal or more", "nothing", "string")
  for (const name of wanted)
    if (!Object.hasOwn(constants.signals, name) || name === "SIGKILL" || name === "SIGSTOP")
      throw misuse("names", "signals that can be listened to", name, "string")
  expectSignal(options.signal)
  return new SignalReader(new Set(wanted), options)
}

class SignalReader implements AsyncIterableIterator<NodeJS.Signals>, AsyncDisposable {
  readonly #names: ReadonlySet<NodeJS.Signals>
  readonly #options: WaitOptions
  #state: "fresh" | "listening" | "closed" = "fresh"
  /** What has come and was not taken; empty while somebody waits. */
  readonly #waiting = new Set<NodeJS.Signals>()
  readonly #line = new WaitList<NodeJS.Signals | null>("signal", (name) => this.#pass(name))
  /** Keeps the process alive while somebody waits. */
  #alive: ClockTimer | null = null

  constructor(names: ReadonlySet<NodeJS.Signals>, options: WaitOptions) {
    this.#names = names
    this.#options = options
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<NodeJS.Signals>> {
    if (this.#state === "closed") return over
    this.#listen()
    const [first] = this.#waiting
    if (first !== undefined) {
      this.#waiting.delete(first)
      return { done: false, value: first }
    }
    try {
      this.#alive ??= platformClock.startTimer(Infinity, () => {})
      const name = await this.#line.wait(undefined, this.#options)
      return name === null ? over : { done: false, value: name }
    } catch (error) {
      this.#close()
      throw error
    } finally {
      if (this.#line.size === 0) this.#rest()
    }
  }

  async return(): Promise<IteratorResult<NodeJS.Signals>> {
    this.#close()
    return over
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
  }

  /** A signal has come. */
  deliver(name: NodeJS.Signals): void {
    if (this.#line.serve(name) === null) this.#waiting.add(name)
  }

  #pass(name: NodeJS.Signals | null): boolean {
    if (name !== null) this.deliver(name)
    return true
  }

  #listen(): void {
    if (this.#state !== "fresh") return
    this.#state = "listening"
    for (const name of this.#names) lineOf(name).add(this)
  }

  #close(): void {
    if (this.#state === "listening") for (const name of this.#names) lineOf(name).remove(this)
    this.#state = "closed"
    this.#rest()
    while (this.#line.serve(null) !== null);
  }

  #rest(): void {
    this.#alive?.clear()
    this.#alive = null
  }
}

/** The listener for one signal, there while somebody wants it. */
class Bell {
  readonly #name: NodeJS.Signals
  readonly #readers = new Set<SignalReader>()
  readonly #listener = (): void => {
    for (const reader of this.#readers) reader.deliver(this.#name)
  }

  constructor(name: NodeJS.Signals) {
    this.#name = name
  }

  add(reader: SignalReader): void {
    if (this.#readers.size === 0) process.on(this.#name, this.#listener)
    this.#readers.add(reader)
  }

  remove(reader: SignalReader): void {
    if (this.#readers.delete(reader) && this.#readers.size === 0) process.off(this.#name, this.#listener)
  }
}

const bells = new Map<NodeJS.Signals, Bell>()

function lineOf(name: NodeJS.Signals): Bell {
  const bell = bells.get(name) ?? new Bell(name)
  bells.set(name, bell)
  return bell
}
