// Functions that travel as their source.
//
// What a function closes over stays behind, so a function that uses a variable from around it is refused
// where it is made into an inline one, by name of the variable, and not discovered in the worker. To know
// that takes a parser and an analysis of scopes; both are loaded with the first call.
import { expectFunction } from "../core/lowlevel.ts"
import { freeNames, readFunction } from "./free-names.ts"
import { markFunction, markOf } from "./function-reference.ts"

/**
 * Makes a function that can be called in other threads and processes, by its source.
 *
 * A note with instructions: whoever gets it has nothing but the note. For a function that uses imports
 * or other functions of its module, and for every function that is debugged with pleasure, use
 * {@link portable}.
 *
 * **Pitfall.** Modules come by `await import("node:crypto")` inside the function; relative ones cannot.
 *
 * @param fn - The function, async or not. It may use its parameters, its own variables, and globals.
 * @returns `fn` itself.
 * @throws {TypeError} If it uses variables from around it, which the message names; or `this`, `super`,
 * `import.meta`; or if its source cannot be had: a native, bound or generator function, a class.
 *
 * @example Nothing from around it
 * ```ts
 * const double = inline((n: number) => 2 * n)
 * double(4) // => 8
 * const rate = 3
 * inline((n: number) => n * rate) // => throws TypeError
 * ```
 */
export function inline<F extends (...args: never[]) => unknown>(fn: F): F {
  expectFunction(fn)
  const before = markOf(fn)
  if (before !== undefined) return fn
  const name = fn.name === "" ? "an inline function" : fn.name
  const { source, program } = readFunction(fn, name)
  const names = freeNames(program).filter((free) => free !== "__name" && !(free in globalThis))
  if (names.length > 0) {
    const listed = names.map((free) => `\`${free}\``).join(", ")
    throw new TypeError(
      `Cannot send function "${name}" by its source: it uses ${listed} from around it, which ` +
        `${names.length === 1 ? "does" : "do"} not travel; pass ${names.length === 1 ? "it" : "them"} as arguments, or use \`portable\``,
    )
  }
  markFunction(fn, { kind: "inline", source, name })
  return fn
}
