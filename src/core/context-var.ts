// Context variables: what a task and all that it calls can read, and its siblings cannot.
//
// The values hang in the unit of the current scope, as a map that is never changed: a new task
// takes its creator's map as it is, and setting a variable gives the unit a map of its own. So a
// task sees what its creator had set when it was made, and what it sets itself reaches its callees
// and children, not its creator. A `Context` is a box that several tasks can be given, one after
// the other, to see each other's values: the runs of one Runner.
import { misuse } from "../base/misuse.ts"
import { currentScope } from "./current-scope.ts"
import { InvalidStateError } from "./errors.ts"
import type { Scope } from "./scope.ts"

/** Values by variable, or by its name if they came from another thread; a new map is made for each change. */
type Values = ReadonlyMap<ContextVar<never> | string, unknown>

const nothing: Values = new Map()

/**
 * A variable with a value for each task: set in one, it is seen by what that one calls and starts.
 *
 * A name badge that children inherit. For values that every caller knows anyway, pass an argument.
 *
 * @param name - For texts.
 * @param options.default - What `get()` gives where nothing is set. @default none, `get()` throws
 *
 * @example Seen by children, not by the creator
 * ```ts
 * const user = new ContextVar("user", { default: "nobody" })
 * await createTask(async () => {
 *   user.set("ada")
 *   return createTask(async () => user.get())
 * }) // => "ada"
 * user.get() // => "nobody"
 * ```
 */
export class ContextVar<T> {
  readonly name: string
  readonly #default: { readonly value: T } | null

  constructor(name: string, options?: { readonly default?: T }) {
    if (typeof name !== "string") throw misuse("name", "a string", name, "string")
    this.name = name
    this.#default = options !== undefined && "default" in options ? { value: options.default } : null
  }

  /**
   * The value in the current task.
   *
   * @param fallback - What to give where nothing is set. @default the variable's default
   * @throws {InvalidStateError} If nothing is set and there is no default.
   */
  get(...fallback: [] | [T]): T {
    const values = valuesOf(currentScope())
    const key = this as unknown as ContextVar<never>
    const value = values.get(key) as T | undefined
    if (value !== undefined || values.has(key)) return value as T
    if (values.has(this.name)) return values.get(this.name) as T
    if (fallback.length > 0) return fallback[0] as T
    if (this.#default !== null) return this.#default.value
    throw new InvalidStateError(`Cannot read variable "${this.name}": it has no value here and no default`)
  }

  /** Sets the value for the current task, its callees and the tasks it makes from now on. */
  set(value: T): ContextToken<T> {
    const scope = currentScope()
    const values = valuesOf(scope)
    const key = this as unknown as ContextVar<never>
    const before = values.has(key) ? { value: values.get(key) as T } : null
    store(scope, new Map(values).set(key, value))
    return new ContextToken<T>(this, scope.unit, before)
  }

  /**
   * Brings back the value from before a `set()`.
   *
   * @throws {TypeError} If the token is of another variable.
   * @throws {InvalidStateError} If it was used already, or is used in another task.
   */
  reset(token: ContextToken<T>): void {
    if (token.variable !== this)
      throw new TypeError(`Expected a token of variable "${this.name}", got one of "${token.variable.name}"`)
    const scope = currentScope()
    const before = token.use(scope.unit)
    const values = new Map(valuesOf(scope))
    const key = this as unknown as ContextVar<never>
    if (before === null) values.delete(key)
    else values.set(key, before.value)
    store(scope, values)
  }

  toString(): string {
    return `<ContextVar "${this.name}">`
  }
}

/** What `set()` gives, for `reset()`. */
export class ContextToken<T> {
  readonly variable: ContextVar<T>
  readonly #unit: Scope
  readonly #before: { readonly value: T } | null
  #isUsed = false

  constructor(variable: ContextVar<T>, unit: Scope, before: { readonly value: T } | null) {
    this.variable = variable
    this.#unit = unit
    this.#before = before
  }

  /** Used by `reset()`: gives the value from before, once. */
  use(unit: Scope): { readonly value: T } | null {
    if (this.#isUsed)
      throw new InvalidStateError(`Cannot reset variable "${this.variable.name}": the token was used already`)
    if (unit !== this.#unit)
      throw new InvalidStateError(
        `Cannot reset variable "${this.variable.name}": the token is another task's`,
      )
    this.#isUsed = true
    return this.#before
  }
}

/** The values of all variables; made by {@link copyContext}, given to a task with `{ context }`. */
export class Context {
  /** Replaced, never changed, so that copies are free. */
  values: Values

  constructor(values: Values = nothing) {
    this.values = values
  }

  /** The value of `variable` in here; undefined if it is not set. */
  get<T>(variable: ContextVar<T>): T | undefined {
    const key = variable as unknown as ContextVar<never>
    return this.values.get(this.values.has(key) ? key : variable.name) as T | undefined
  }

  /** Calls `fn` with these values; what it sets stays in here. For synchronous functions. */
  run<T>(fn: () => T): T {
    return runWithVariables({ variables: this, call: fn })
  }
}

/** A copy of the values that the current task sees. */
export function copyContext(): Context {
  return new Context(valuesOf(currentScope()))
}

/** Calls a synchronous function with other values than those of the current task. */
export function runWithVariables<T>(given: { readonly variables: object | null; readonly call: () => T }): T {
  const { unit } = currentScope()
  const before = unit.variables
  unit.variables = given.variables
  try {
    return given.call()
  } finally {
    unit.variables = before
  }
}

/** What a task made by the running code inherits. */
export function inheritedVariables(): object | null {
  const { variables } = currentScope().unit
  return variables instanceof Context ? variables.values : variables
}

function valuesOf(scope: Scope): Values {
  const { variables } = scope.unit
  if (variables instanceof Context) return variables.values
  return (variables as Values | null) ?? nothing
}

function store(scope: Scope, values: Values): void {
  const { unit } = scope
  if (unit.variables instanceof Context) unit.variables.values = values
  else unit.variables = values
}
