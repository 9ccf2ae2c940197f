// A callback that a future calls once it is done.
//
// It is a handle like any other, so it runs on a turn of its own, in the context and with the
// variables of whoever added it, and what it throws goes to the handler of the run. The same
// function may stand at a future several times; each has an object of its own.
import { Handle } from "./handle.ts"
import type { Scope } from "./scope.ts"

/** One place in a future's list of listeners. */
export class DoneCallback {
  readonly callback: (future: never) => void
  readonly #handle: Handle
  /** What the callback is called with; null until that is done. */
  #future: object | null = null

  constructor(callback: (future: never) => void, scope: Scope) {
    this.callback = callback
    this.#handle = new Handle(() => callback(this.#future as never), "A done callback", scope)
  }

  futureDone(future: object): void {
    this.#future = future
    this.#handle.schedule()
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
