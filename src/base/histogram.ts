// A histogram of durations that keeps three significant digits.
//
// Log-linear: nine hundred buckets for each power of ten, so the error is below one per cent of the value from a
// hundredth of a millisecond to days, in 43 KB, whatever the number of values. Percentiles of a million
// requests need no list of a million numbers, and two histograms add up.

const firstExponent = -2
const decades = 12
/** Buckets of a decade begin at 100, 101, … 999 hundredths of its lower end. */
const lowest = 100
const perDecade = 9 * lowest

/** The shape of a histogram. */
export interface HistogramColumns {
  /** Least and largest value, in ms, to two digits. */
  readonly from: number
  readonly to: number
  readonly counts: readonly number[]
}

/** Counts of durations in ms. */
export class Histogram {
  /** Bucket b of decade d counts values from (100 + b) to (101 + b) times 10^(d - 4). */
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

  /** The value that `share` (0 to 1) of the values do not exceed, to three digits; null before the first. */
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

  /**
   * The values in bars of equal width on a logarithmic axis, from the smallest value to the largest.
   *
   * @param most - Bars at most; fewer where they would be narrower than what is known.
   * @returns `edges` has one more than `counts`; both are empty before the first value.
   */
  bars(most: number): { readonly edges: readonly number[]; readonly counts: readonly number[] } {
    const filled = this.#filled()
    const [first, last] = [filled[0], filled.at(-1)]
    if (first === undefined || last === undefined) return { edges: [], counts: [] }
    const [low, high] = [lowerEdge(first), upperEdge(last)]
    const bars = Math.max(1, Math.min(most, Math.floor(Math.log(high / low) / Math.log(1.02))))
    const ratio = (high / low) ** (1 / bars)
    const counts = Array.from({ length: bars }, () => 0)
    for (const index of filled) {
      const middle = (lowerEdge(index) + upperEdge(index)) / 2
      const bar = Math.min(bars - 1, Math.floor(Math.log(middle / low) / Math.log(ratio)))
      counts[bar] = (counts[bar] ?? 0) + (this.#buckets[index] ?? 0)
    }
    return { edges: Array.from({ length: bars + 1 }, (_, bar) => low * ratio ** bar), counts }
  }

  /** Indices of buckets that hold values, in order. */
  #filled(): number[] {
    const filled: number[] = []
    for (let index = 0; index < this.#buckets.length; index++) {
      if ((this.#buckets[index] ?? 0) > 0) filled.push(index)
    }
    return filled
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
  let digits = Math.floor((value / 10 ** exponent) * lowest + 1e-9)
  if (digits >= 10 * lowest) {
    digits = lowest
    exponent++
  }
  if (exponent >= firstExponent + decades) return decades * perDecade - 1
  return (exponent - firstExponent) * perDecade + Math.max(0, digits - lowest)
}

function lowerEdge(index: number): number {
  const exponent = Math.floor(index / perDecade) + firstExponent
  return ((index % perDecade) + lowest) * 10 ** (exponent - 2)
}

function upperEdge(index: number): number {
  return lowerEdge(index) + 10 ** (Math.floor(index / perDecade) + firstExponent - 2)
}
