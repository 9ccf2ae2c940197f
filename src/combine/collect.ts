// All of an iterable, as one value.
//
// One after the other; for the concurrent twin collect what `map` gives. Leaving early, by an error
// or by a cancel, closes the iterator, so a generator's `finally` runs.

type Source<T> = Iterable<T> | AsyncIterable<T>

/**
 * Gathers what an iterable or async iterable gives: `collect.array`, `collect.map`, `collect.object`.
 *
 * Python's async comprehensions. For several items at a time, `collect.array(map(items, fn, { concurrency }))`.
 *
 * **Cancellation.** Closes the iterator and passes the request on.
 *
 * @example Three shapes
 * ```ts
 * async function* pairs(): AsyncGenerator<[string, number]> {
 *   yield ["a", 1]
 *   yield ["b", 2]
 * }
 * await collect.array(pairs()) // => [["a", 1], ["b", 2]]
 * await collect.map(pairs()) // => new Map([["a", 1], ["b", 2]])
 * await collect.object(pairs()) // => { a: 1, b: 2 }
 * ```
 */
export const collect: {
  /** All items, in order. */
  array<T>(source: Source<T>): Promise<T[]>
  /** A map of `[key, value]` pairs; a later pair wins. */
  map<K, V>(source: Source<readonly [K, V]>): Promise<Map<K, V>>
  /** An object of `[key, value]` pairs; a later pair wins. */
  object<V>(source: Source<readonly [string, V]>): Promise<Record<string, V>>
} = {
  async array(source) {
    const items = []
    for await (const item of source) items.push(item)
    return items
  },
  async map(source) {
    return new Map(await collect.array(source))
  },
  async object(source) {
    return Object.fromEntries(await collect.array(source))
  },
}
