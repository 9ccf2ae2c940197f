// Failures that nobody has looked at (E1).
//
// Kept beside the future, without holding it: when the future is collected, or the run ends,
// whichever comes first, what is still unread goes to the handler of the run. Nothing is made for a
// future that somebody awaits when it fails.
import { deliverProblem } from "./report.ts"
import type { Home } from "./home.ts"

/** A failure that waits to be looked at; it does not hold its future. */
export class UnreadFailure {
  readonly #error: unknown
  readonly #home: Home
  readonly #holder: WeakRef<object>
  /** How its future is called in the report. */
  readonly #where: string
  /** Where that was made; known in debug mode only. */
  readonly #location: string | undefined

  constructor(
    holder: { readonly location: string | undefined; describe(): string },
    error: unknown,
    home: Home,
  ) {
    this.#error = error
    this.#home = home
    this.#holder = new WeakRef(holder)
    this.#location = holder.location
    // Until it is made into text, an error's stack holds the objects whose methods stand in it: the task.
    try {
      if (error instanceof Error) void error.stack
    } catch {
      // It holds what it likes, and is reported like any other.
    }
    this.#where = holder.describe()
    const all = unreadByHome.get(home) ?? new Set<UnreadFailure>()
    unreadByHome.set(home, all.add(this))
    collected.register(holder, this, this)
  }

  /** Somebody has looked. */
  forget(): void {
    unreadByHome.get(this.#home)?.delete(this)
    collected.unregister(this)
  }

  /** Nobody will look any more. */
  report(): void {
    this.forget()
    const { handler } = this.#home
    const future = this.#holder.deref()
    deliverProblem(handler, {
      message: "An error was never looked at",
      task: this.#where,
      ...(future === undefined ? {} : { future }),
      error: this.#error,
      ...(this.#location === undefined ? {} : { location: this.#location }),
    })
  }
}

/** Reports every failure of the run that nobody has looked at. */
export function reportUnread(home: Home): void {
  for (const failure of unreadByHome.get(home) ?? []) failure.report()
}

/** By run, so that what is left when it ends can be reported then. */
const unreadByHome = new WeakMap<Home, Set<UnreadFailure>>()

const collected = new FinalizationRegistry<UnreadFailure>((failure) => failure.report())
