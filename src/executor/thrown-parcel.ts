// What was thrown, as plain data for a message, and back.
//
// An error is more than the structured clone keeps: its class, its own fields, the errors in it. Classes of
// the language and of the platform come back as themselves, ours by their brand, so that `instanceof
// TimeoutError` holds; the user's come back as an Error with their name and fields. Nothing in here may
// throw: an error that cannot be looked at, or holds what cannot be sent, must still arrive.
import { ownFramesOut } from "../base/frames.ts"
import { describeReason } from "../base/describe-reason.ts"
import { brandedErrors } from "../core/lowlevel.ts"

/** What was thrown, or a field of it, as plain data. */
export type ThrownParcel = ErrorParcel | ListParcel | ValueParcel | TextParcel

interface ErrorParcel {
  readonly kind: "error"
  /** Name of the class, ours or the platform's; of the nearest one that is known. */
  readonly base: string
  readonly name: string
  readonly message: string
  readonly stack: string
  /** Own fields: name, whether it is listed, and value. `cause` and `errors` are among them. */
  readonly fields: readonly (readonly [string, boolean, ThrownParcel])[]
}

interface ListParcel {
  readonly kind: "list"
  readonly items: readonly ThrownParcel[]
}

/** Something that can be sent as it is. */
interface ValueParcel {
  readonly kind: "value"
  readonly value: unknown
}

/** Something that cannot be sent: a function, a socket. */
interface TextParcel {
  readonly kind: "text"
  readonly text: string
}

/** Errors in errors, deeper than this, are told as text; also those that hold themselves. */
const deepest = 8
const mostItems = 1000

const builtins: ReadonlyMap<string, abstract new (...args: never[]) => Error> = new Map(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError, AggregateError].map(
    (errorClass) => [errorClass.name, errorClass as abstract new (...args: never[]) => Error],
  ),
)

/**
 * What was thrown, to be sent.
 *
 * @param isSendable - Whether a value passes the channel as it is. @default what the structured clone takes
 */
export function packThrown(
  thrown: unknown,
  isSendable: (value: unknown) => boolean = isClonable,
): ThrownParcel {
  return pack(thrown, isSendable, 0)
}

/**
 * What came to be thrown again.
 *
 * @param where - Said in the stack between the two sides, such as `in thread 2`.
 * @param place - The stack of this side, where it is known.
 */
export function unpackThrown(parcel: ThrownParcel, where: string, place: string | null = null): unknown {
  const thrown = unpack(parcel)
  if (parcel.kind !== "error") return thrown
  const seam = `    --- ${where}, called from ---`
  const stack = `${parcel.stack}\n${seam}${place === null ? "" : `\n${place}`}`
  define(thrown as object, "stack", stack, false)
  return thrown
}

/** Whether the structured clone takes a value. */
export function isClonable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}

function pack(value: unknown, isSendable: (value: unknown) => boolean, depth: number): ThrownParcel {
  try {
    if (isError(value)) {
      return depth < deepest
        ? packError(value, isSendable, depth)
        : { kind: "text", text: describeReason(value) }
    }
    if (Array.isArray(value) && value.length <= mostItems && value.some(isError)) {
      return { kind: "list", items: value.map((item) => pack(item, isSendable, depth + 1)) }
    }
    if (isSendable(value)) return { kind: "value", value }
  } catch {
    // A proxy, or a getter that throws.
  }
  return { kind: "text", text: describeReason(value) }
}

function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]"
}

function packError(error: Error, isSendable: (value: unknown) => boolean, depth: number): ErrorParcel {
  const fields: [string, boolean, ThrownParcel][] = []
  for (const key of namesOf(error)) {
    if (key === "stack" || key === "message" || key === "name") continue
    const property = Object.getOwnPropertyDescriptor(error, key)
    if (property === undefined) continue
    const value = "value" in property ? (property.value as unknown) : read(error, key)
    // A method is the class's affair.
    if (typeof value === "function") continue
    fields.push([key, property.enumerable === true, pack(value, isSendable, depth + 1)])
  }
  const name = nameOf(error)
  const message = text(read(error, "message"), "")
  const stack = ownFramesOut(text(read(error, "stack"), `${name}: ${message}`))
  return { kind: "error", base: baseOf(error), name, message, stack, fields }
}

/** Its `name`; of a class of the user's that left it as it was inherited, the name of the class. */
function nameOf(error: Error): string {
  const name = text(read(error, "name"), "Error")
  if (error instanceof DOMException) return name
  const own = (read(error, "constructor") as { readonly name?: unknown } | undefined)?.name
  return builtins.has(name) && typeof own === "string" && own !== "" ? own : name
}

function namesOf(error: Error): string[] {
  try {
    return Object.getOwnPropertyNames(error)
  } catch {
    return []
  }
}

/** The nearest class that the other side knows. */
function baseOf(error: Error): string {
  if (error instanceof DOMException) return "DOMException"
  for (let at: object | null = error; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const name: unknown = Object.getOwnPropertyDescriptor(at, "name")?.value
    if (typeof name !== "string") continue
    if (Object.hasOwn(at, Symbol.for(`tsyncio.${name}`))) return name
    if (at !== error && builtins.has(name)) return name
  }
  return "Error"
}

function read(error: object, key: string): unknown {
  try {
    return (error as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function text(value: unknown, fallback: string): string {
  return typeof value === "string" ? value : value === undefined ? fallback : describeReason(value)
}

function unpack(parcel: ThrownParcel): unknown {
  if (parcel.kind === "value") return parcel.value
  if (parcel.kind === "text") return parcel.text
  if (parcel.kind === "list") return parcel.items.map(unpack)
  const { base, name, message } = parcel
  const error = base === "DOMException" ? new DOMException(message, name) : bareError(base, message)
  if (error.name !== name) define(error, "name", name, false)
  for (const [key, isListed, value] of parcel.fields) define(error, key, unpack(value), isListed)
  define(error, "stack", parcel.stack, false)
  return error
}

/** An error of a class, without a call of its constructor, which may want other arguments. */
function bareError(base: string, message: string): Error {
  const error = new Error(message)
  const errorClass = brandedErrors.get(base) ?? builtins.get(base)
  if (errorClass !== undefined) Object.setPrototypeOf(error, errorClass.prototype as object)
  return error
}

function define(error: object, key: string, value: unknown, enumerable: boolean): void {
  try {
    Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true })
  } catch {
    // The field is fixed by its class, such as the code of a DOMException.
  }
}
