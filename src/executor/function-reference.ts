// How a function is named for another thread or process.
//
// A function itself cannot travel. One made by `portable` travels as module and name, one made by
// `inline` as its source; both carry that as a mark under a `Symbol.for` key, so that two copies of the
// package know each other's. Whatever has no mark is refused here, in the caller's thread, with both
// ways out in the message.
import { expectFunction } from "../core/lowlevel.ts"

/** A function as plain data, for a message. */
export type FunctionReference =
  | {
      readonly kind: "portable"
      /** URL of the module that defines it. */
      readonly module: string
      readonly name: string
    }
  | {
      readonly kind: "inline"
      /** An expression that gives the function. */
      readonly source: string
      readonly name: string
    }

const mark: unique symbol = Symbol.for("tsyncio.function") as never

/** Puts the mark on a function. */
export function markFunction(fn: object, reference: FunctionReference): void {
  Object.defineProperty(fn, mark, { value: reference, configurable: true })
}

/** The mark of a function, or undefined. */
export function markOf(fn: object): FunctionReference | undefined {
  return Object.hasOwn(fn, mark) ? (fn as { readonly [mark]?: FunctionReference })[mark] : undefined
}

/**
 * What `fn` is called elsewhere.
 *
 * @throws {TypeError} If it is no function, or neither `portable` nor `inline` made it.
 */
export function referenceOf(fn: unknown): FunctionReference {
  expectFunction(fn)
  const marked = fn as { readonly name: string }
  const reference = markOf(marked)
  if (reference !== undefined) return reference
  const name = marked.name === "" ? "work" : marked.name
  throw new TypeError(
    `Cannot send function "${marked.name}" to another thread: a function travels by reference. ` +
      `Define it at the top level of a module as \`export const ${name.replace(/^bound /, "")} = ` +
      `portable(import.meta, "${name.replace(/^bound /, "")}", …)\`, or, if it uses nothing from around it, send \`inline(…)\``,
  )
}
