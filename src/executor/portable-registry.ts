// In a worker: the portable functions of the modules that were imported there, by module and name.
//
// There is none in the thread of a program, where nobody asks. It hangs in `globalThis`, since the module
// of the user may bring its own copy of the package. A name that a module gives twice is refused when it
// is asked for: to run the wrong one of two silently would be worse.
import { currentScope } from "../core/lowlevel.ts"

type AnyFunction = (...args: never[]) => unknown

interface Registry {
  /** Called when a program at the top level of a module has come to its beginning. */
  programBegins: () => void
  /** By module and name; null where a module gave a name to two functions. */
  readonly functions: Map<string, AnyFunction | null>
}

const key: unique symbol = Symbol.for("tsyncio.portables") as never
const holder = globalThis as { [key]?: Registry }

/** Opens the registry of this thread; called before any module is imported for its functions. */
export function openPortableRegistry(programBegins: () => void): void {
  holder[key] ??= { functions: new Map(), programBegins }
}

/**
 * Whether code that stands at the top level of a module is not to do its work here: this is a worker, which
 * imports the module for its functions. A program that hands jobs in without `run` would otherwise start
 * workers that start workers.
 */
export function isProgramHeld(): boolean {
  const registry = holder[key]
  if (registry === undefined || currentScope().home.isRun) return false
  registry.programBegins()
  return true
}

/** Notes what a module defines; does nothing in the thread of a program. */
export function registerPortable(module: string, name: string, fn: AnyFunction): void {
  const functions = holder[key]?.functions
  if (functions === undefined) return
  const id = `${module}\n${name}`
  const before = functions.get(id)
  functions.set(id, before === undefined || before === fn ? fn : null)
}

/**
 * The function of that name; undefined if the module has defined none.
 *
 * @throws {TypeError} If it has defined two.
 */
export function registeredPortable(module: string, name: string): AnyFunction | undefined {
  const found = holder[key]?.functions.get(`${module}\n${name}`)
  if (found !== null) return found
  throw new TypeError(
    `Cannot tell which function is meant: two portable functions of ${module} are called "${name}"; give each a name of its own`,
  )
}

/** Whether this thread is one of ours, which works for others; the only run in it is the one that calls them. */
export function hasPortableRegistry(): boolean {
  return holder[key] !== undefined
}
