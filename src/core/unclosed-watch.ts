// What was opened and never closed is named, with the line that opened it (M66).
//
// The thing that is watched is held weakly. Its run is told when that ends, or when the thing is
// collected, whichever comes first, if something of it is open then; closing it stops the watch.
// What was opened outside every run may serve for the life of the process, so only its collection
// counts.
import { currentScope } from "./current-scope.ts"
import type { Home } from "./home.ts"
import { callerLocation } from "../base/frames.ts"
import { reportProblem } from "./report.ts"

/** What of a thing is open; must not lead back to the thing. */
export interface OpenCount {
  readonly open: number
}

/**
 * Tells about a thing that its run ended without, or that was collected, while something of it was open.
 *
 * For whatever has a `close()`: made in the constructor, stopped in `close()`.
 *
 * @param thing - What is watched; not held.
 * @param name - What it is called in the report, such as `"A pool"`.
 * @param count - Its `open` is read when the time has come.
 *
 * @example In a class of your own
 * ```ts
 * class Wire {
 *   readonly count = { open: 1 }
 *   readonly watch = new UnclosedWatch(this, "A wire", this.count)
 *   close() {
 *     this.count.open = 0
 *     this.watch.stop()
 *   }
 * }
 * new Wire().close()
 * ```
 */
export class UnclosedWatch {
  readonly #name: string
  readonly #count: OpenCount
  readonly #home: Home
  readonly #location: string | undefined

  constructor(thing: object, name: string, count: OpenCount) {
    this.#name = name
    this.#count = count
    this.#home = currentScope().home
    this.#location = callerLocation()
    collected.register(thing, this, this)
    if (!this.#home.isRun) return
    const watches = watchesByHome.get(this.#home) ?? new Set<UnclosedWatch>()
    watchesByHome.set(this.#home, watches.add(this))
  }

  /** It was closed. */
  stop(): void {
    watchesByHome.get(this.#home)?.delete(this)
    collected.unregister(this)
  }

  /** Nobody will close it any more. */
  report(): void {
    this.stop()
    const { open } = this.#count
    if (open === 0) return
    const message = `${this.#name} was never closed; it holds ${open} open ${open === 1 ? "thing" : "things"}`
    const location = this.#location
    reportProblem({ home: this.#home }, location === undefined ? { message } : { message, location })
  }
}

/** Tells about everything that was opened in the run and not closed. */
export function reportUnclosed(home: Home): void {
  for (const watch of watchesByHome.get(home) ?? []) watch.report()
}

/** By run, so that what is open when it ends can be told then. */
const watchesByHome = new WeakMap<Home, Set<UnclosedWatch>>()

const collected = new FinalizationRegistry<UnclosedWatch>((watch) => watch.report())
