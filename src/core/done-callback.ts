// A callback that a future calls once it is done.
//
// It runs on a turn of its own, in the context it was added in, whoever finishes the future: so
// other people's AsyncLocalStorage is the one of whoever asked. What it throws goes to the handler
// of the run. The same function may stand at a future several times; each has an object of its own.
import { captureContext } from "./context.ts"
import type { Home } from "./home.ts"
import { deliverProblem } from "./report.ts"
import type { Entry } from "./scheduler.ts"
import { schedule } from "./scheduler.ts"

/** One place in a future's list of listeners. */
export class DoneCallback implements Entry {
  readonly callback: (future: never) => void
  readonly #context = captureContext("tsyncio.callback")
  readonly #home: Home
  /** What the callback is called with; null until that is done. */
  #future: object | null = null

  constructor(callback: (future: never) => void, home: Home) {
    this.callback = callback
    this.#home = home
  }

  futureDone(future: object): void {
    this.#future = future
    schedule(this)
  }

  runEntry(): void {
    try {
      this.#context.runInAsyncScope(this.callback as (future: object | null) => void, null, this.#future)
    } catch (error) {
      deliverProblem(this.#home.handler, { message: "A done callback threw", error })
    }
  }

  /** Name of the function, for texts. */
  get name(): string {
    return this.callback.name === "" ? "a callback" : this.callback.name
  }
}

/** Callbacks by name, the middle of a long list counted. */
export function nameCallbacks(callbacks: readonly DoneCallback[]): string {
  const names = callbacks.map((one) => one.name)
  if (names.length <= 2) return names.join(", ")
  return `${names[0]}, <${names.length - 2} more>, ${names.at(-1)}`
}
