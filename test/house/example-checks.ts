// The assertions that `// =>` lines of doc-comment examples become.
//
// What stands behind the arrow is compared as a value if it is an expression of JavaScript (`[1, 2]`, `"a"`,
// `{ done: true }`), and else as text: what `inspect` or `String` prints, or `Name: message` of an error.

import { format, inspect, isDeepStrictEqual } from "node:util"
import { Script } from "node:vm"
import { AssertionError } from "node:assert"

/** The value must be what the text says. */
export function $is(value: unknown, expected: string, where: string): void {
  const literal = valueOf(expected)
  if (literal !== undefined && isDeepStrictEqual(value, literal.value)) return
  const texts = [inspect(value, { breakLength: Infinity, depth: 8 })]
  if (value instanceof Error) texts.push(`${value.name}: ${value.message}`)
  else if (typeof value !== "string" || literal === undefined) texts.push(textOf(value))
  if (texts.some((text) => plain(text) === plain(expected))) return
  throw fault(texts[0] ?? "", expected, where)
}

/** `console.log(...)` must print the text. */
export function $log(args: unknown[], expected: string, where: string): void {
  const printed = format(...args)
  if (printed !== expected && plain(printed) !== plain(expected)) throw fault(printed, expected, where)
}

/** The function must throw, or its promise reject with, an error of that name, and message if one is given. */
export function $throws(fn: () => Promise<unknown>, expected: string, where: string): Promise<void>
export function $throws(fn: () => unknown, expected: string, where: string): void
export function $throws(fn: () => unknown, expected: string, where: string): void | Promise<void> {
  const none = (): never => {
    throw fault("no error", `throws ${expected}`, where)
  }
  const check = (error: unknown): void => {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : textOf(error)
    const isIt = expected.includes(":")
      ? text === expected
      : text.startsWith(`${expected}:`) || text === expected
    if (!isIt) throw fault(text, `throws ${expected}`, where)
  }
  let result: unknown
  try {
    result = fn()
  } catch (error) {
    check(error)
    return undefined
  }
  if (result instanceof Promise) return result.then(none, check)
  return none()
}

function valueOf(text: string): { value: unknown } | undefined {
  try {
    return { value: new Script(`(${text}\n)`).runInThisContext() as unknown }
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string {
  try {
    return String(value)
  } catch {
    return inspect(value)
  }
}

/** Text without the differences that say nothing: white space and the kind of quotes. */
function plain(text: string): string {
  return text.replace(/\s+/g, "").replace(/['`]/g, '"')
}

function fault(actual: string, expected: string, where: string): AssertionError {
  return new AssertionError({ message: `${where}: expected ${expected}, got ${actual}`, actual, expected })
}
