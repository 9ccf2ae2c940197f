// What threads share, on its way to another thread among plain values.
//
// The structured clone makes a bare object of a mutex. So the values are gone through before: whatever lives in shared
// memory is taken out, its buffer goes beside, and it is made again on the other side, where it stood. Plain objects
// and arrays are looked into, nothing else; values without any are sent as they are.
import { InterpreterQueue } from "./interpreter-queue.ts"
import { hasSharedMemory } from "./shared-memory.ts"
import { SharedChannel } from "./shared-channel.ts"
import { SharedMutex } from "./shared-mutex.ts"
import { SharedSemaphore } from "./shared-semaphore.ts"

type Shared = SharedMutex | SharedSemaphore | SharedChannel<unknown> | InterpreterQueue<unknown>
type Kind = "mutex" | "semaphore" | "channel" | "queue"

const classes: Readonly<Record<Kind, new (buffer: SharedArrayBuffer) => Shared>> = {
  mutex: SharedMutex,
  semaphore: SharedSemaphore,
  channel: SharedChannel,
  queue: InterpreterQueue,
}

/** Values, and what was taken out of them. */
export interface SentValue {
  readonly value: unknown
  /** Where it stood, what it is, and its buffer. */
  readonly shared: readonly (readonly [path: readonly string[], kind: Kind, buffer: SharedArrayBuffer])[]
}

/** A value as it is sent. */
export function packShared(value: unknown): SentValue {
  const shared: [string[], Kind, SharedArrayBuffer][] = []
  const copies = new Map<object, unknown>()
  const walk = (at: unknown, path: string[]): unknown => {
    if (typeof at !== "object" || at === null) return at
    const kind = kindOfShared(at)
    if (kind !== null) {
      shared.push([path, kind, (at as Shared).buffer])
      return null
    }
    if (!isPlain(at)) return at
    const before = copies.get(at)
    if (before !== undefined) return before
    const copy: Record<string, unknown> | unknown[] = Array.isArray(at) ? [] : {}
    copies.set(at, copy)
    for (const key of Object.keys(at)) {
      define(copy, key, walk((at as Record<string, unknown>)[key], [...path, key]))
    }
    return copy
  }
  const copied = walk(value, [])
  return shared.length === 0 ? { value, shared } : { value: copied, shared }
}

/** A value as it was before it was sent. */
export function unpackShared({ value, shared }: SentValue): unknown {
  const made = new Map<SharedArrayBuffer, Shared>()
  const root = { value }
  for (const [path, kind, buffer] of shared) {
    const thing = made.get(buffer) ?? make(kind, buffer)
    made.set(buffer, thing)
    const keys = ["value", ...path]
    const last = keys.pop() as string
    let at: Record<string, unknown> = root
    for (const key of keys) at = at[key] as Record<string, unknown>
    define(at, last, thing)
  }
  return root.value
}

/** A message of an executor as it is posted: itself, unless a thing that threads share stands in it. */
export function packMessage(message: readonly unknown[]): readonly unknown[] | SentValue {
  if (!hasSharedMemory()) return message
  const sent = packShared(message)
  return sent.shared.length === 0 ? message : sent
}

/** The message that was posted so. */
export function unpackMessage(posted: object): readonly unknown[] {
  return (Array.isArray(posted) ? posted : unpackShared(posted as SentValue)) as readonly unknown[]
}

function make(kind: Kind, buffer: SharedArrayBuffer): Shared {
  return new classes[kind](buffer)
}

function kindOfShared(value: object): Kind | null {
  for (const [kind, sharedClass] of Object.entries(classes))
    if (value instanceof sharedClass) return kind as Kind
  return null
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function define(at: object, key: string, value: unknown): void {
  Object.defineProperty(at, key, { value, enumerable: true, writable: true, configurable: true })
}
