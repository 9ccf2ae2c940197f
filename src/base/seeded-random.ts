// Numbers that look random and are the same each time.
//
// Which request of the mock fails, and which schedule a test runs, follow from a seed alone. Not for
// secrets. What must stay true: the series does not depend on the machine, the Node version or the
// time of day.

/** A series of numbers from 0 (included) to 1 (excluded), given by its seed alone. */
export function seededRandom(seed: number): () => number {
  let state = Math.imul(seed ^ (seed / 2 ** 32), 0x9e3779b1) >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
