// One piece of code for synchronous and asynchronous callers.
//
// The code is a generator; where the two worlds differ it yields a step that exists in both forms.
// `.sync` drives it with the synchronous forms and never waits, `.async` with the others. Steps can
// be dual functions themselves.

/** A step that exists in both forms; made by `dual({ sync, async })`. */
export type Step<A extends readonly unknown[], T> = (...args: A) => Generator<Pending, T, unknown>

/** A function in both forms; made by `dual(function* () { … })`. */
export interface Dual<This, A extends readonly unknown[], T> {
  /** Runs it without waiting. */
  sync(this: unknown, ...args: A): T
  /** Runs it with awaits. */
  async(this: unknown, ...args: A): Promise<T>
  /** The same function with `this` set: `read = dual(function* (this: Files) { … }).bind(this)`. */
  bind(self: This): Dual<This, A, T>
  /** As a step of another dual function: `yield* inner.step(…)`. */
  step(this: unknown, ...args: A): Generator<Pending, T, unknown>
}

/** What a step yields to whoever drives it: how to come to the value in either form. */
export interface Pending {
  sync(): unknown
  async(): unknown
}

/**
 * Writes code once for synchronous and asynchronous callers.
 *
 * A recipe that works on gas and on induction. Steps are `dual({ sync, async })`; a function made of
 * steps has `.sync(…)` and `.async(…)`, both fully typed.
 *
 * **Cancellation.** `.async` is cancelled at the awaits of its steps, like any code; `.sync` never waits.
 * **Pitfall.** On a class, bind it in a field: `read = dual(function* (this: Files) { … }).bind(this)`.
 *
 * @param definition - Both forms of a step, or a generator function made of steps.
 * @returns A step for `yield*`, or a function with `sync`, `async`, `bind` and `step`.
 *
 * @example Both forms
 * ```ts
 * const pause = dual({ sync: (ms: number) => ms, async: (ms: number) => sleep(ms, ms) })
 * const twice = dual(function* (ms: number) {
 *   return (yield* pause(ms)) + (yield* pause(ms))
 * })
 * twice.sync(5) // => 10
 * await twice.async(5) // => 10
 * ```
 */
export function dual<A extends readonly unknown[], T>(definition: {
  readonly sync: (...args: A) => T
  readonly async: (...args: A) => T | PromiseLike<T>
}): Step<A, T>
export function dual<This, A extends readonly unknown[], T>(
  definition: (this: This, ...args: A) => Generator<Pending, T, unknown>,
): Dual<This, A, T>
export function dual(
  definition: { readonly sync: Call; readonly async: Call } | ((this: unknown, ...args: readonly unknown[]) => Steps),
): unknown {
  return typeof definition === "function" ? new DualFunction(definition, undefined) : stepOf(definition)
}

type Call = (...args: readonly unknown[]) => unknown
type Steps = Generator<Pending, unknown, unknown>

function stepOf(forms: { readonly sync: Call; readonly async: Call }): (...args: readonly unknown[]) => Steps {
  return function* (...args) {
    return yield { sync: () => forms.sync(...args), async: () => forms.async(...args) }
  }
}

class DualFunction {
  readonly #code: (this: unknown, ...args: readonly unknown[]) => Steps
  readonly #self: unknown

  constructor(code: (this: unknown, ...args: readonly unknown[]) => Steps, self: unknown) {
    this.#code = code
    this.#self = self
  }

  bind(self: unknown): DualFunction {
    return new DualFunction(this.#code, self)
  }

  step(...args: readonly unknown[]): Steps {
    return this.#code.apply(this.#self, args as unknown[])
  }

  sync(...args: readonly unknown[]): unknown {
    const steps = this.step(...args)
    let step = steps.next()
    while (step.done !== true) {
      const { value } = step
      step = resume(steps, () => value.sync())
    }
    return step.value
  }

  async async(...args: readonly unknown[]): Promise<unknown> {
    const steps = this.step(...args)
    let step = steps.next()
    while (step.done !== true) {
      let outcome: () => unknown
      try {
        const value = await step.value.async()
        outcome = () => value
      } catch (error) {
        outcome = () => {
          throw error
        }
      }
      step = resume(steps, outcome)
    }
    return step.value
  }
}

/** Goes on with what `outcome` gives, or throws it at the `yield`. */
function resume(steps: Steps, outcome: () => unknown): IteratorResult<Pending, unknown> {
  let value: unknown
  try {
    value = outcome()
  } catch (error) {
    return steps.throw(error)
  }
  return steps.next(value)
}
