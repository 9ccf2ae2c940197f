// Ctrl-C and SIGTERM (L2).
//
// The first signal cancels main, the second interrupts the clean-up, the third leaves at once.
// The exit code of an interrupted program is 130 or 143; it is set as late as possible, so that
// whatever the program sets for itself on the way is not overwritten by accident.

type Signal = "SIGINT" | "SIGTERM"

const exitCodes: Readonly<Record<Signal, number>> = { SIGINT: 130, SIGTERM: 143 }

/** Listens while a run lives. */
export interface InterruptWatch {
  /** The signal that came first, or null. */
  readonly received: Signal | null
  /** Stops listening. */
  stop(): void
}

/**
 * Calls `interrupt` for the first two signals and leaves the process at the third.
 * @param handleSignals - Undefined listens only where the program has no listener of its own.
 */
export function watchInterrupts(handleSignals: boolean | undefined, interrupt: (signal: Signal) => void): InterruptWatch {
  let count = 0
  const watch = { received: null as Signal | null, stop }
  const listeners = new Map<Signal, () => void>()
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (handleSignals === false || (handleSignals === undefined && process.listenerCount(signal) > 0)) continue
    const listener = (): void => {
      count += 1
      watch.received ??= signal
      if (count > 2) process.exit(exitCodes[signal])
      interrupt(signal)
    }
    listeners.set(signal, listener)
    process.on(signal, listener)
  }
  return watch

  function stop(): void {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

/** Makes the process end with the code of an interrupted program, unless it sets one itself. */
export function exitAsInterrupted(signal: Signal): void {
  process.once("exit", (code) => {
    if (code === 0 || code === 1) process.exitCode = exitCodes[signal]
  })
}
