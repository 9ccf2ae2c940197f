// A function that was submitted at least once, with the number by which messages call it.
//
// A worker is told once what a number stands for. Numbers are the process's, kept weakly by function; the
// mark of a function does not change once it was sent.
import type { FunctionReference } from "./function-reference.ts"
import { referenceOf } from "./function-reference.ts"

/** A function as messages call it. */
export interface SentFunction {
  readonly number: number
  readonly reference: FunctionReference
}

const known = new WeakMap<object, SentFunction>()
let last = 0

/**
 * The number of `fn`.
 *
 * @throws {TypeError} If it cannot be sent.
 */
export function sentFunction(fn: object): SentFunction {
  const before = known.get(fn)
  if (before !== undefined) return before
  const reference = referenceOf(fn)
  last += 1
  const made = { number: last, reference }
  known.set(fn, made)
  return made
}
