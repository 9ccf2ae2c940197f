// Settings of one job, and how they are told from its arguments.
//
// Everything after the function is an argument, with one exception: who gives more arguments than the
// function has parameters, the last of them a plain object with nothing but options in it, means options.
// `executor.with(options)` says the same without any doubt.
import { misuse } from "../base/misuse.ts"
import { expectSignal } from "../core/lowlevel.ts"

/** Settings of a job. */
export interface JobOptions {
  /** Cancels the job when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds the job may run, from when its worker begins it; then it is cancelled and throws a TimeoutError. @default no limit */
  readonly timeout?: number | undefined
  /** Milliseconds the job may wait for a worker; then it is taken out and throws a TimeoutError. @default no limit */
  readonly queueTimeout?: number | undefined
  /** What is handed over instead of being copied, such as `[bytes.buffer]`; for threads. @default nothing */
  readonly transfer?: readonly Transferable[] | undefined
  /** When cancelled, end the task at once and let the function run on to its end, unseen. @default false */
  readonly abandon?: boolean | undefined
  /** Name of the job's task. @default the function's */
  readonly name?: string | undefined
}

/** What may be in a transfer list: an ArrayBuffer, a MessagePort, a stream. */
export type Transferable = object

const known: ReadonlySet<string> = new Set([
  "signal",
  "timeout",
  "queueTimeout",
  "transfer",
  "abandon",
  "name",
] satisfies (keyof JobOptions)[])

/** Any function. */
export type AnyFunction = (...args: never[]) => unknown

/** Arguments for a function, and options behind them. */
export type ArgumentsAndOptions<F extends AnyFunction> = [...Parameters<F>, JobOptions]

/** Parts the options from the arguments, if there are any. */
export function partArguments(
  fn: { readonly length: number },
  given: readonly unknown[],
  defaults: JobOptions | null,
): { readonly args: readonly unknown[]; readonly options: JobOptions | null } {
  const last = given.at(-1)
  if (given.length <= fn.length || !isOptions(last)) return { args: given, options: defaults }
  const options = defaults === null ? last : { ...defaults, ...last }
  return { args: given.slice(0, -1), options: expectJobOptions(options) }
}

// A lone `name` is a field of too many things to be taken for an option.
function isOptions(value: unknown): value is JobOptions {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  const keys = Reflect.ownKeys(value)
  const isKnown = keys.every((key) => typeof key === "string" && known.has(key))
  return isKnown && keys.some((key) => key !== "name")
}

/** Refuses options of the wrong kind. */
export function expectJobOptions(options: JobOptions): JobOptions {
  if (typeof options !== "object" || options === null) throw misuse("options", "an object", options, "never")
  const wrong = Object.keys(options).find((key) => !known.has(key))
  if (wrong !== undefined) {
    throw new TypeError(`Expected options of a job (${[...known].join(", ")}), got \`${wrong}\``)
  }
  expectSignal(options.signal)
  for (const name of ["timeout", "queueTimeout"] as const) {
    const ms = options[name]
    if (ms !== undefined && !(typeof ms === "number" && ms >= 0))
      throw misuse(name, "milliseconds from 0 up", ms)
  }
  if (options.transfer !== undefined && !Array.isArray(options.transfer))
    throw misuse("transfer", "an array", options.transfer, "never")
  return options
}
