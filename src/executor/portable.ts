// Functions that have a name everywhere: module and name.
//
// The mark is all that `portable` adds, so the function is called directly at no cost. In a worker the
// module is imported, and its `portable` calls register what they define: so a program whose file holds
// both the function and `run(main)` works, since nobody has to wait for the end of that module.
import { misuse } from "../base/misuse.ts"
import { expectFunction } from "../core/lowlevel.ts"
import { markFunction, markOf } from "./function-reference.ts"
import { registerPortable } from "./portable-registry.ts"

/**
 * Makes a function that can be called in other threads and processes, by module and name.
 *
 * A passport: at home the function is called as ever; abroad the module is imported there, and the
 * function found under its name. For a function of two lines that uses nothing from around it,
 * `inline` needs no module of its own.
 *
 * **Pitfall.** The module is imported in the worker as well, and what stands at its top level runs there.
 * `run(main)` does not begin in a worker; anything else that a program starts belongs into `main`.
 *
 * @param meta - `import.meta` of the module that calls this, or `{ url }`.
 * @param name - Name of the function, unique in the module: that of the constant.
 * @param fn - The function, async or not. Call `portable` at the top level of the module.
 * @returns `fn` itself.
 * @throws {TypeError} If an argument is of the wrong kind, or the function was made portable elsewhere.
 *
 * @example Called here, and in a thread
 * ```ts no-run
 * export const square = portable(import.meta, "square", (n: number) => n * n)
 * square(3) // => 9
 * await toThread(square, 3) // => 9
 * ```
 */
export function portable<F extends (...args: never[]) => unknown>(
  meta: { readonly url: string },
  name: string,
  fn: F,
): F {
  const module = (meta as { readonly url?: unknown } | null | undefined)?.url
  if (typeof module !== "string")
    throw misuse("meta", "`import.meta`, or an object with `url`", meta, "never")
  if (typeof name !== "string" || name === "") throw misuse("name", "a name", name, "string")
  expectFunction(fn)
  const before = markOf(fn)
  const isSame = before?.kind === "portable" && before.module === module && before.name === name
  if ((before !== undefined && !isSame) || !Object.isExtensible(fn)) {
    throw new TypeError(
      `Cannot make function "${name}" portable: it ${before === undefined ? "is frozen" : "has another name already"}; ` +
        "wrap it, `(...args) => fn(...args)`",
    )
  }
  if (!isSame) markFunction(fn, { kind: "portable", module, name })
  registerPortable(module, name, fn)
  return fn
}
