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
  /** What is sent when a call has no headers: names, in lower case, and values in turn. */
  readonly #plain: readonly string[]
  readonly #json: readonly string[]

  constructor(headers: HeadersInput) {
    const defaults = new Map<string, string>([["user-agent", "tsyncio"]])
    for (const [name, value] of Object.entries(headers)) {
      if (value === undefined) defaults.delete(name.toLowerCase())
      else defaults.set(name.toLowerCase(), checkValue(name, value))
    }
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
    const merged = target.isForeign ? withoutSecrets(this.#plain) : [...this.#plain]
    if (target.authorization !== null) put(merged, "authorization", target.authorization)
    if (isJson && placeOf(merged, "content-type") === merged.length) merged.push(...JSON_TYPE)
    for (const name in own) {
      const value = own[name]
      put(merged, name.toLowerCase(), value === undefined ? undefined : checkValue(name, value))
    }
    return merged
  }
}

/** Sets a header, in its place if it has one; `undefined` takes it away. */
function put(list: string[], name: string, value: string | undefined): void {
  const place = placeOf(list, name)
  if (value === undefined) list.splice(place, 2)
  else if (place === list.length) list.push(name, value)
  else list[place + 1] = value
}

/** Where a name stands; the end of the list if it does not. A list is short, so no map is needed. */
function placeOf(list: readonly string[], name: string): number {
  let place = 0
  while (place < list.length && list[place] !== name) place += 2
  return place
}

function withoutSecrets(list: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at] as string
    if (!isSecretHeader(name)) kept.push(name, list[at + 1] as string)
  }
  return kept
}

function checkValue(name: string, value: string): string {
  if (typeof value === "string") return value
  throw new TypeError(`Expected header \`${name}\` to be a string, got a value of type ${typeof value}`)
}
