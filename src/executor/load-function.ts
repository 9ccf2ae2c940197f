// In a worker: from a reference back to a function.
//
// A portable function's module is imported, one module at a time, outside of every task, so that what it
// opens at its top level belongs to no job. A module whose top level is a program stands still at
// `run(main)` for ever (see `holdPrograms`); by then its functions are registered, and that is enough.
import { describeReason } from "../base/describe-reason.ts"
import { holdPrograms, runOutsideTasks } from "../core/lowlevel.ts"
import { evaluateHere } from "./evaluate-here.ts"
import type { FunctionReference } from "./function-reference.ts"
import { openPortableRegistry, registeredPortable } from "./portable-registry.ts"

type AnyFunction = (...args: unknown[]) => unknown

/** Imports by URL; a module that was asked for once is not asked for again. */
const modules = new Map<string, Promise<void>>()
/** Functions that came by source. */
const sources = new Map<string, AnyFunction>()
/** Ends the import that goes on, because its program has come to its beginning. */
let programBegan = (): void => {}
/** The import that goes on, or the last one. */
let lastImport: Promise<void> = Promise.resolve()

/** Prepares this thread for functions of elsewhere; programs in their modules do not begin in it. */
export function prepareForFunctions(): void {
  const begins = (): void => programBegan()
  openPortableRegistry(begins)
  holdPrograms(begins)
}

/** A program that blocks has come to its beginning, while its module is imported for its functions. */
export function blockingProgramBegan(): void {
  programBegan()
}

/**
 * The function that `reference` names.
 *
 * **Cancellation.** Does not wait in the sense of a task: an import goes on.
 *
 * @throws {TypeError} If the module cannot be imported or has no such function, or the source cannot be read.
 */
export function loadFunction(reference: FunctionReference): AnyFunction | Promise<AnyFunction> {
  if (reference.kind === "inline") return functionOfSource(reference.source, reference.name)
  return loadPortable(reference.module, reference.name)
}

function functionOfSource(source: string, name: string): AnyFunction {
  const known = sources.get(source)
  if (known !== undefined) return known
  let made: AnyFunction
  try {
    // tsx and esbuild wrap inner functions into calls of `__name`, which is theirs to define.
    const make = evaluateHere(`(__name) => (${source})`, `inline ${name}`) as (
      name: (fn: unknown) => unknown,
    ) => AnyFunction
    made = make((fn) => fn)
  } catch (error) {
    throw new TypeError(`Cannot read the source of inline function "${name}": ${describeReason(error)}`, {
      cause: error,
    })
  }
  sources.set(source, made)
  return made
}

async function loadPortable(module: string, name: string): Promise<AnyFunction> {
  let imported = modules.get(module)
  if (imported === undefined) {
    imported = lastImport.then(() => importModule(module))
    modules.set(module, imported)
    lastImport = imported.catch(() => {})
  }
  try {
    await imported
  } catch (error) {
    throw new TypeError(
      `Cannot load portable function "${name}": its module ${module} cannot be imported in a worker${advice(module)}: ${describeReason(error)}`,
      { cause: error },
    )
  }
  const found = registeredPortable(module, name)
  if (found !== undefined) return found as AnyFunction
  throw new TypeError(
    `Cannot find portable function "${name}" in ${module}: call \`portable(import.meta, "${name}", …)\` at its top level, with nothing around it`,
  )
}

function importModule(module: string): Promise<void> {
  return runOutsideTasks(
    () =>
      new Promise((resolve, reject) => {
        // What follows the call of `run` in the same turn may define more functions.
        programBegan = () => void Promise.resolve().then(() => resolve())
        import(module).then(() => resolve(), reject)
      }),
  )
}

function advice(module: string): string {
  const isTyped = /\.[cm]?ts$/.test(new URL(module).pathname)
  const runsTypes = Boolean((process.features as { readonly typescript?: unknown }).typescript)
  return isTyped && !runsTypes
    ? " (this Node runs no TypeScript: compile it, or use Node 22.18 or newer)"
    : ""
}
