// The headers of a request, from those of the client and those of the call.
//
// Most calls bring none of their own; for them the list is made once. The call's headers win over
// the client's, whatever their case, and `undefined` takes one away. What must stay true: a key
// that the client was given for its base URL never goes to another host.
import { isSecretHeader } from "./redact.ts"

/** Headers to send; `undefined` takes away one that the client would send. */
export type HeadersInput = Readonly<Record<string, string | undefined>>

const JSON_TYPE = ["content-type", "application/json"] as const

export class DefaultHeaders {
  /** Names in lower case. */
  readonly #defaults: ReadonlyMap<string, string>
  /** What is sent when a call has no headers: names and values in turn. */
  readonly #plain: readonly string[]
  readonly #json: readonly string[]

  constructor(headers: HeadersInput) {
    const defaults = new Map<string, string>([["user-agent", "tsyncio"]])
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined) defaults.delete(name.toLowerCase())
      else defaults.set(name.toLowerCase(), checkValue(name, value))
    }
    this.#defaults = defaults
    this.#plain = [...defaults].flat()
    this.#json = defaults.has("content-type") ? this.#plain : [...this.#plain, ...JSON_TYPE]
  }

  /** The headers of one call: names and values in turn. */
  merge(
    own: HeadersInput | undefined,
    isJson: boolean,
    target: { readonly isForeign: boolean; readonly authorization: string | null },
  ): readonly string[] {
    if (own === undefined && !target.isForeign && target.authorization === null) {
      return isJson ? this.#json : this.#plain
    }
    const merged = new Map(this.#defaults)
    if (target.isForeign) {
      for (const name of this.#defaults.keys()) if (isSecretHeader(name)) merged.delete(name)
    }
    if (target.authorization !== null) merged.set("authorization", target.authorization)
    if (isJson && !merged.has("content-type")) merged.set(...JSON_TYPE)
    for (const name in own) {
      const value = own[name]
      if (value === undefined) merged.delete(name.toLowerCase())
      else merged.set(name.toLowerCase(), checkValue(name, value))
    }
    return [...merged].flat()
  }
}

function checkValue(name: string, value: string): string {
  if (typeof value === "string") return value
  throw new TypeError(`Expected header \`${name}\` to be a string, got a value of type ${typeof value}`)
}
