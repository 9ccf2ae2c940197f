// The way out of a block whose body or children do not end (P3).
//
//   state  | meaning                             | leaves by
//   closed | the block waits for its work        | the work ends -> over, `patience` -> open
//   open   | the block has to go on              | leave() -> over
//   over   | the work has ended, or is the run's | -
//
// A block that has one waits through it: for the body by `enter`, for children by a wait that `onOpen`
// ends. A request from above that the work did not follow is not lost: it is thrown by a block that
// is left as if it had ended, and comes at the next wait after a StuckError (C3).
import type { Exit } from "./block.ts"
import { enterBody } from "./block.ts"
import type { CancelledError } from "./errors.ts"
import { handOverBody, handOverChildren } from "./hand-over.ts"
import { stuckPlaces } from "./patience.ts"
import { stepBegan } from "./scheduler.ts"
import type { Scope } from "./scope.ts"
import type { OnStuck } from "./stuck-watch.ts"
import { StuckWatch, stuckError } from "./stuck-watch.ts"

/** Lets a block go on without its work. */
export class BlockExit implements Exit {
  /** Ends what the block waits in at present. */
  onOpen: (() => void) | null = null
  readonly #scope: Scope
  readonly #mode: OnStuck
  readonly #patience: number
  readonly #watch: StuckWatch
  /** The body's end, while it runs. */
  #body: Promise<unknown> | null = null
  /** What did not end, a line each; null unless the block has to go on without it. */
  #work: readonly string[] | null = null

  constructor(scope: Scope, mode: OnStuck, patience: number) {
    this.#scope = scope
    this.#mode = mode
    this.#patience = patience
    this.#watch = new StuckWatch(
      () => stuckPlaces(scope),
      patience,
      (work) => {
        this.#work = work
        this.onOpen?.()
      },
    )
    scope.onRequest = (request) => this.#watch.begin(request)
  }

  get isOpen(): boolean {
    return this.#work !== null
  }

  /**
   * Calls `body` in the scope and waits for its end.
   *
   * **Cancellation.** As the body says; gives undefined once the block has to go on.
   */
  enter<A, T>(body: (argument: A) => T | PromiseLike<T>, argument: A): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.onOpen = () => {
        stepBegan(this.#scope.unit)
        resolve(undefined)
      }
      const end = (async () => enterBody(this.#scope, body, argument))()
      const over = (): void => {
        this.#body = this.onOpen = null
      }
      this.#body = end.finally(over)
      this.#body.then(resolve as (value: unknown) => void, reject)
    })
  }

  /** The work has ended. */
  stop(): void {
    this.#watch.stop()
  }

  /**
   * Hands the work to the run.
   *
   * @param failure - What the block throws anyway. @default nothing
   * @returns The request for this very block that its work did not follow.
   * @throws {StuckError} If `onStuck` is `"throw"`.
   * @throws {CancelledError} If the request came from above.
   */
  leave(failure?: Error): CancelledError {
    const scope = this.#scope
    const request = this.#watch.request as CancelledError
    const unheard = scope.outer === null ? scope.pendingAbove() : null
    const isThrown = this.#mode === "throw" || failure !== undefined
    if (isThrown) scope.rearmOuter()
    const outer = isThrown ? null : scope.outerRequest()
    const own = scope.request
    handOverChildren(scope)
    if (this.#body === null) scope.end("stopped", request)
    else {
      handOverBody(scope, this.#body)
      if (unheard !== null) scope.setPending(unheard)
    }
    if (this.#mode === "throw")
      throw stuckError(scope.describe(), this.#patience, this.#work as readonly string[], failure ?? request)
    if (failure !== undefined) throw failure
    if (own === null || outer !== null) throw outer ?? request
    return own
  }
}

/** The way out that `onStuck` gives a block, or null if it waits. */
export function exitOf(scope: Scope, mode: OnStuck, patience: number): BlockExit | null {
  return mode === "wait" ? null : new BlockExit(scope, mode, patience)
}
