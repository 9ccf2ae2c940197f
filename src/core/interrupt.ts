// Ctrl-C and SIGTERM (L2).
//
// The first signal cancels main, the second interrupts the clean-up, the third leaves at once.
// However many runs there are, the process has one listener for each signal. The exit code of an
// interrupted program is 130 or 143; it is set as late as possible, so that whatever the program
// sets for itself on the way is not overwritten by accident.

type Signal = "SIGINT" | "SIGTERM"

const exitCodes: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143 }

/** Listens while a run lives. */
export class InterruptWatch {
  /** The signal that came first, or null. */
  received: Signal | null = null
  readonly #interrupt: (signal: Signal) => void
  /** Signals that have come. */
  #count = 0

  /**
   * @param handleSignals - Undefined listens only where the program has no listener of its own.
   * @param interrupt - Called for the first two signals.
   */
  constructor(handleSignals: boolean | undefined, interrupt: (signal: Signal) => void) {
    this.#interrupt = interrupt
    for (const line of lines) {
      if (handleSignals === true || (handleSignals === undefined && !line.isTaken())) line.add(this)
    }
  }

  /** Stops listening. */
  stop(): void {
    for (const line of lines) line.remove(this)
  }

  /** Used by the listener. */
  signal(signal: Signal): void {
    this.#count += 1
    this.received ??= signal
    if (this.#count > 2) process.exit(exitCodes[signal])
    this.#interrupt(signal)
  }
}

/** The listener for one signal, there while a run wants it. */
class SignalLine {
  readonly #signal: Signal
  readonly #watches = new Set<InterruptWatch>()
  readonly #listener = (): void => {
    for (const watch of this.#watches) watch.signal(this.#signal)
  }

  constructor(signal: Signal) {
    this.#signal = signal
  }

  /** Whether the program listens itself. */
  isTaken(): boolean {
    return process.listeners(this.#signal).some((listener) => listener !== this.#listener)
  }

  add(watch: InterruptWatch): void {
    if (this.#watches.size === 0) process.on(this.#signal, this.#listener)
    this.#watches.add(watch)
  }

  remove(watch: InterruptWatch): void {
    if (this.#watches.delete(watch) && this.#watches.size === 0) process.off(this.#signal, this.#listener)
  }
}

const lines: readonly SignalLine[] = [new SignalLine("SIGINT"), new SignalLine("SIGTERM")]

/** Makes the process end with the code of an interrupted program, unless it sets one itself. */
export function exitAsInterrupted(signal: Signal): void {
  process.once("exit", (code) => {
    if (code === 0 || code === 1) process.exitCode = exitCodes[signal]
  })
}
