// One piece of code for synchronous and asynchronous callers.
//
// The code is a generator; where the two worlds differ it yields a step that exists in both forms.
// `.sync` drives it with the synchronous forms and never waits, `.async` with the others. What is
// made of steps is a step itself, so dual functions call each other by `yield*`. An error of a step
// is thrown at its `yield` in both forms.
import { expectFunction } from "../core/lowlevel.ts"

/** What stands at a `yield`: how to come to the value in either form. */
export interface DualStep {
  readonly sync: () => unknown
  readonly async: () => unknown
}

/** The code of a dual function while it runs: what `yield*` takes. */
export type DualSteps<T> = Generator<DualStep, T, unknown>

/** A function in both forms; made by {@link dual}. */
export interface Dual<A extends readonly unknown[], T> {
  /** As a step of another dual function: `yield* read(path)`. */
  (...args: A): DualSteps<T>
  /** Runs it without waiting. */
  sync(...args: A): T
  /** Runs it with awaits. */
  async(...args: A): Promise<T>
}

/** Both forms of something that is done differently in the two worlds. */
export interface BothForms<A extends readonly unknown[], T> {
  readonly sync: (...args: A) => T
  readonly async: (...args: A) => T | PromiseLike<T>
}

/**
 * Writes code once for synchronous and asynchronous callers.
 *
 * A recipe that works on gas and on induction: `dual({ sync, async })` is an ingredient that exists
 * in both forms, `dual(function* () { … })` a dish made of such, and both have `.sync(…)` and
 * `.async(…)`, fully typed. For a method, `dual(this, function* () { … })` in a field.
 *
 * **Cancellation.** `.async` is cancelled at the awaits of its steps, like any code: the error is
 * thrown at the `yield*`. `.sync` never waits.
 * **Pitfall.** Steps are called by `yield*`; a plain `yield`, or an `await`, is refused.
 *
 * @param self - What `this` is in the code; for methods. @default none
 * @param definition - Both forms of a step, or a generator function made of steps.
 * @returns A function with `sync` and `async`, which is a step for `yield*` when it is called itself.
 * @throws {TypeError} From a call, if the synchronous form of a step gives a promise.
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
 *
 * @example Methods of a class
 * ```ts
 * const load = dual({ sync: (key: string) => `${key}!`, async: async (key: string) => `${key}!` })
 * class Settings {
 *   readonly prefix = "app."
 *   readonly read = dual(this, function* (key: string) {
 *     return yield* load(this.prefix + key)
 *   })
 * }
 * const settings = new Settings()
 * settings.read.sync("port") // => "app.port!"
 * await settings.read.async("port") // => "app.port!"
 * ```
 */
export function dual<A extends readonly unknown[], T>(definition: BothForms<A, T>): Dual<A, T>
export function dual<A extends readonly unknown[], T>(
  definition: (this: void, ...args: A) => DualSteps<T>,
): Dual<A, T>
export function dual<Self, A extends readonly unknown[], T>(
  self: Self,
  definition: (this: Self, ...args: A) => DualSteps<T>,
): Dual<A, T>
export function dual(...given: readonly unknown[]): Dual<readonly unknown[], unknown> {
  const definition = given.at(-1)
  if (isBothForms(definition)) return made((...args) => stepOf(definition, args))
  expectFunction(definition)
  const self = given.length > 1 ? given[0] : undefined
  return made((...args) => (definition as Code).apply(self, args))
}

type Code = (this: unknown, ...args: unknown[]) => DualSteps<unknown>

function isBothForms(definition: unknown): definition is BothForms<readonly unknown[], unknown> {
  return (
    typeof definition === "object" && definition !== null && "sync" in definition && "async" in definition
  )
}

function* stepOf(
  forms: BothForms<readonly unknown[], unknown>,
  args: readonly unknown[],
): DualSteps<unknown> {
  return yield { sync: () => forms.sync(...args), async: () => forms.async(...args) }
}

function made(code: (...args: unknown[]) => DualSteps<unknown>): Dual<readonly unknown[], unknown> {
  return Object.assign((...args: readonly unknown[]) => code(...args), {
    sync: (...args: readonly unknown[]) => driveSync(code(...args)),
    async: (...args: readonly unknown[]) => driveAsync(code(...args)),
  })
}

function driveSync(steps: DualSteps<unknown>): unknown {
  let next = steps.next()
  while (next.done !== true) {
    let value: unknown
    try {
      value = expectStep(next.value).sync()
      refusePromise(value)
    } catch (error) {
      next = steps.throw(error)
      continue
    }
    next = steps.next(value)
  }
  return next.value
}

async function driveAsync(steps: DualSteps<unknown>): Promise<unknown> {
  let next = steps.next()
  while (next.done !== true) {
    let value: unknown
    try {
      value = await expectStep(next.value).async()
    } catch (error) {
      next = steps.throw(error)
      continue
    }
    next = steps.next(value)
  }
  return next.value
}

function expectStep(yielded: unknown): DualStep {
  if (isBothForms(yielded)) return yielded
  throw new TypeError(
    "Expected a step at `yield`: call it by `yield*`, and make it of both forms with `dual({ sync, async })`",
  )
}

function refusePromise(value: unknown): void {
  if (typeof value !== "object" || value === null || !("then" in value)) return
  throw new TypeError("Expected the `sync` form of a step to give its value, got a promise")
}
