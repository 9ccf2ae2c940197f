// The context variables of whoever submits a job, by name, for the other side.
//
// A variable is an object and cannot travel; its twin in the worker's copy of the module finds the value by
// name. What cannot be sent stays behind. The maps of values are never changed, so that what is made of
// one is kept beside it.
import { copyContext } from "../core/index.ts"

/** Names and values. */
export type ContextEntries = readonly (readonly [string, unknown])[]

/** Makes entries of what the current task sees. */
export class ContextPacker {
  readonly #isSendable: (value: unknown) => boolean
  readonly #made = new WeakMap<object, ContextEntries>()

  constructor(isSendable: (value: unknown) => boolean) {
    this.#isSendable = isSendable
  }

  /** What the current task sees and can be sent; null if nothing is set. */
  pack(): ContextEntries | null {
    const { values } = copyContext()
    if (values.size === 0) return null
    let entries = this.#made.get(values)
    if (entries === undefined) {
      const named = [...values].map(
        ([key, value]) => [typeof key === "string" ? key : key.name, value] as const,
      )
      entries = named.filter(([, value]) => this.#isSendable(value))
      this.#made.set(values, entries)
    }
    return entries.length === 0 ? null : entries
  }
}
