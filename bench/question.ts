// One question of the benchmark: the same work done by us and by each peer.
//
// `what` says in a line what every program does, so that a reader can judge whether the comparison
// is fair: the same number of tasks and waits, the same results checked. A program does `count`
// operations once; how often it is called and how time is taken is `measure.ts`'s affair.

/** Does the work once; throws if a result is wrong. */
export type Program = () => Promise<void>

/** The same work, by name of who does it. */
export interface Question {
  /** Name on the command line, such as `spawn`. */
  readonly name: string
  /** What each program does, in one line. */
  readonly what: string
  /** Operations one call of a program does. */
  readonly count: number
  /** Ours; called inside a run. */
  readonly tsyncio: Program
  /** The same by hand with promises alone; called outside a run. */
  readonly bare?: Program
  /** Name of the function in `asyncio_peer.py` that does the same. */
  readonly asyncio?: string
}

/** Throws unless a program came to what it should. */
export function expectResult(actual: unknown, expected: unknown): void {
  if (actual !== expected)
    throw new Error(`Expected ${String(expected)}, got ${String(actual)}: the program is wrong`)
}
