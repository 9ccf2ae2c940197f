// All of an iterable, as one value.
//
// One after the other; for the concurrent twin collect what `map` gives. Leaving early, by an error
// or by a cancel, closes the iterator, so a generator's `finally` runs and may wait.

type Source<T> = Iterable<T | PromiseLike<T>> | AsyncIterable<T>

/**
 * Gathers what an iterable or async iterable gives: `collect.array`, `collect.map`, `collect.object`.
 *
 * Python's async comprehensions. For several items at a time,
 * `collect.array(map(items, fn, { concurrency }))`; to look at items as they come, `for await`.
 *
 * **Cancellation.** Closes the iterator and passes the request on.
 * **Pitfall.** All is kept in memory: an endless source never comes to an end.
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
 *
 * @example Two at a time
 * ```ts
 * const squares = map([1, 2, 3], (n) => sleep(10, n * n), { concurrency: 2 })
 * await collect.array(squares) // => [1, 4, 9]
 * ```
 */
export const collect: {
  /** All items, in order. */
  array<T>(source: Source<T>): Promise<T[]>
  /** A map of `[key, value]` pairs; a later pair wins. */
  map<K, V>(source: Source<readonly [K, V]>): Promise<Map<K, V>>
  /** An object of `[key, value]` pairs; a later pair wins. */
  object<V>(source: Source<readonly [PropertyKey, V]>): Promise<Record<string, V>>
} = {
  async array(source) {
    const items = []
    for await (const item of source) items.push(item)
    return items
  },
  async map<K, V>(source: Source<readonly [K, V]>) {
    const pairs = new Map<K, V>()
    for await (const [key, value] of source) pairs.set(key, value)
    return pairs
  },
  async object(source) {
    return Object.fromEntries(await collect.map(source))
  },
}
