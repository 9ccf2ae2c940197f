// The headers of an answer.
//
// Names are the same whatever their case, and a header that came more than once is joined, as the
// platform's `Headers` does it; that class itself copies and checks every value, which costs more
// than the rest of a small answer. What must stay true: reading never changes anything.

/** Headers as undici gives them: names in lower case. */
export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>

/**
 * The headers of an answer, to be read by name.
 *
 * @example By name
 * ```ts
 * const headers = new HttpHeaders({ "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] })
 * headers.get("Content-Type") // => "text/plain"
 * headers.getAll("set-cookie") // => ["a=1", "b=2"]
 * headers.get("age") // => null
 * ```
 */
export class HttpHeaders implements Iterable<[name: string, value: string]> {
  static readonly none: HttpHeaders = new HttpHeaders({})

  readonly #raw: RawHeaders

  constructor(raw: RawHeaders) {
    this.#raw = raw
  }

  /** The value of a header, several joined by `, `; null if it did not come. Case does not matter. */
  get(name: string): string | null {
    let value = this.#raw[name]
    if (value === undefined) {
      // Most names that are asked for are in lower case already, and did not come.
      const lower = name.toLowerCase()
      if (lower !== name) value = this.#raw[lower]
    }
    if (typeof value === "string") return value
    return Array.isArray(value) ? value.join(", ") : null
  }

  /** Each value of a header by itself, for `set-cookie`; empty if it did not come. */
  getAll(name: string): string[] {
    const value = this.#raw[name.toLowerCase()]
    if (typeof value === "string") return [value]
    return Array.isArray(value) ? [...value] : []
  }

  has(name: string): boolean {
    return this.get(name) !== null
  }

  *[Symbol.iterator](): Generator<[name: string, value: string], void, void> {
    for (const name of Object.keys(this.#raw)) yield [name, this.get(name) as string]
  }

  /** A plain object with names in lower case. */
  toObject(): Record<string, string> {
    return Object.fromEntries(this)
  }
}
