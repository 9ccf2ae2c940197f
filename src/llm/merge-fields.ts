// How the pieces of a streamed object become one object.
//
// Servers cut an object into pieces of the same shape: a text goes on where the last piece ended,
// a list gets longer, an item that has an `index` goes on in the item with that index. Written once
// for all fields, so that one no document mentions (`reasoning_content`, `audio`) comes out whole.
// What must stay true: no name in a stream reaches beyond the object it is put in.
import type { Fields } from "./fields.ts"
import { isFields } from "./fields.ts"

/** An object that grows. */
export type Growing = Record<string, unknown>

/** Texts that are sent whole, by some servers with every piece: the last one counts. */
const WHOLE: ReadonlySet<string> = new Set(["role", "id", "type", "name", "format", "object", "model"])

/** Adds the fields of `piece` to `target`. */
export function mergeFields(target: Growing, piece: Fields): void {
  for (const [name, value] of Object.entries(piece)) {
    if (name === "__proto__") continue
    target[name] = Object.hasOwn(target, name) ? merged(name, target[name], value) : fresh(value)
  }
}

function merged(name: string, before: unknown, value: unknown): unknown {
  if (value === null || value === undefined) return before
  if (before === null || before === undefined) return fresh(value)
  if (typeof value === "string" && typeof before === "string") {
    if (WHOLE.has(name)) return value === "" ? before : value
    return before + value
  }
  if (Array.isArray(before) && Array.isArray(value)) {
    for (const item of value as unknown[]) addItem(before as unknown[], item)
    return before as unknown[]
  }
  if (isFields(before) && isFields(value)) {
    mergeFields(before, value)
    return before
  }
  // Text first and a list of parts later, or the other way round: neither may be lost.
  if (Array.isArray(before) || Array.isArray(value)) return [before, value].flat()
  return value
}

/** A copy that may grow: what the caller gave stays as it is. */
function fresh(value: unknown): unknown {
  if (Array.isArray(value)) {
    const list: unknown[] = []
    for (const item of value as unknown[]) addItem(list, item)
    return list
  }
  if (!isFields(value)) return value
  const copy: Growing = {}
  mergeFields(copy, value)
  return copy
}

function addItem(list: unknown[], item: unknown): void {
  const same = isFields(item) && typeof item["index"] === "number" ? itemAt(list, item["index"]) : undefined
  if (same === undefined) list.push(fresh(item))
  else mergeFields(same, item as Fields)
}

function itemAt(list: readonly unknown[], index: number): Growing | undefined {
  for (const item of list) if (isFields(item) && item["index"] === index) return item
  return undefined
}
