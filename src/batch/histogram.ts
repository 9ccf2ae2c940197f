// A histogram of durations that keeps two significant digits.
//
// Log-linear: ninety buckets for each power of ten, so the error is below one per cent of the value from a
// hundredth of a millisecond to days, in 4 KB, whatever the number of values. Percentiles of a million
// requests need no list of a million numbers, and two histograms add up.

const firstExponent = -2
const decades = 12
const perDecade = 90

/** The shape of a histogram. */
export interface HistogramColumns {
  /** Least and largest value, in ms, to two digits. */
  readonly from: number
  readonly to: number
  readonly counts: readonly number[]
}

/** Counts of durations in ms. */
export class Histogram {
  /** Bucket b of decade d counts values from (10 + b) to (11 + b) times 10^(d - 3). */
  readonly #buckets: Uint32Array = new Uint32Array(decades * perDecade)
  /** Number of values; the sum of the buckets. */
  #count = 0
  /** Sum of the values as given. */
  #sum = 0
  /** Largest value as given, 0 before the first. */
  #max = 0

  get count(): number {
    return this.#count
  }

  get max(): number {
    return this.#max
  }

  /** 0 before the first value. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count
  }

  record(value: number): void {
    const index = bucketOf(value)
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1
    this.#count++
    this.#sum += value
    this.#max = Math.max(this.#max, value)
  }

  /** The value that `share` (0 to 1) of the values do not exceed, to two digits; null before the first. */
  percentile(share: number): number | null {
    if (this.#count === 0) return null
    const rank = Math.max(1, Math.ceil(this.#count * share))
    let passed = 0
    for (let index = 0; index < this.#buckets.length; index++) {
      passed += this.#buckets[index] ?? 0
      if (passed >= rank) return Math.min(upperEdge(index), this.#max)
    }
    return this.#max
  }

  /** So many columns of equal width on a logarithmic scale from the least to the largest value; null before the first. */
  columns(number: number): HistogramColumns | null {
    const first = this.#buckets.findIndex((count) => count > 0)
    if (first < 0) return null
    const from = first === 0 ? 0 : upperEdge(first - 1)
    const [low, high] = [Math.log10(upperEdge(first)), Math.log10(Math.max(this.#max, upperEdge(first)))]
    const counts = Array<number>(number).fill(0)
    for (const [index, count] of this.#buckets.entries()) {
      if (count === 0) continue
      const share = high === low ? 0 : (Math.log10(upperEdge(index)) - low) / (high - low)
      const column = Math.min(number - 1, Math.floor(share * number))
      counts[column] = (counts[column] ?? 0) + count
    }
    return { from, to: this.#max, counts }
  }

  /** Adds the values of another histogram. */
  add(other: Histogram): void {
    for (let index = 0; index < this.#buckets.length; index++) {
      this.#buckets[index] = (this.#buckets[index] ?? 0) + (other.#buckets[index] ?? 0)
    }
    this.#count += other.#count
    this.#sum += other.#sum
    this.#max = Math.max(this.#max, other.#max)
  }
}

function bucketOf(value: number): number {
  if (!(value >= 10 ** firstExponent)) return 0
  let exponent = Math.floor(Math.log10(value))
  let digits = Math.floor((value / 10 ** exponent) * 10 + 1e-9)
  if (digits > 99) {
    digits = 10
    exponent++
  }
  if (exponent >= firstExponent + decades) return decades * perDecade - 1
  return (exponent - firstExponent) * perDecade + Math.max(0, digits - 10)
}

function upperEdge(index: number): number {
  const exponent = Math.floor(index / perDecade) + firstExponent
  return ((index % perDecade) + 11) * 10 ** (exponent - 1)
}
