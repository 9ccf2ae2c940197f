// What happened when, for a batch of any length, in bounded memory.
//
// Attempts come in the order in which their lines were settled and are laid into buckets of time. Only buckets in
// which something happened are kept; when there are too many, each two become one of twice the width. So a run that
// was continued after a week is drawn as finely as one that was not, and the week costs nothing.

import type { ReportTimeline } from "./batch-report.ts"

/** Buckets kept, and points given out. */
const mostBuckets = 600
const mostPoints = 240

/** Points become wider until each holds so many attempts, unless few points are left. */
const wantedAttempts = 25
const fewPoints = 40

/** Stretches without anything that are cut out are longer than this, in ms, and longer than so many points. */
const shortestBreak = 30_000
const breakPoints = 12

/** Looks at a run that goes on that are kept, and how far one reaches, in ms. */
const mostSamples = 900
const sampleReach = 1500

/** How many were on their way at a moment. */
interface Sample {
  readonly at: number
  readonly inFlight: number
}

interface Bucket {
  answers: number
  failures: number
  tokens: number
  /** Time of requests on their way, in ms: their number times the width. */
  busy: number
}

type Buckets = Map<number, Bucket>

/** Attempts over time. Times are of the day, in ms since 1970. */
export class Activity {
  #width = 100
  #buckets: Buckets = new Map()
  #first = Infinity
  #last = -Infinity
  /** In order of time. */
  readonly #samples: Sample[] = []

  /** Counts an attempt that ended. */
  attempt(
    start: number,
    latency: number,
    outcome: { readonly isGood: boolean; readonly tokens: number },
  ): void {
    const end = start + Math.max(0, latency)
    if (!Number.isFinite(end)) return
    this.#first = Math.min(this.#first, start)
    this.#last = Math.max(this.#last, end)
    while ((end - start) / this.#width > mostBuckets) this.#widen()
    this.#occupy(start, end)
    const bucket = bucketAt(this.#buckets, Math.floor(end / this.#width))
    if (outcome.isGood) bucket.answers++
    else bucket.failures++
    bucket.tokens += outcome.tokens
    while (this.#buckets.size > mostBuckets) this.#widen()
  }

  /** Notes how many are on their way: attempts are counted only when their line is settled. */
  sample(at: number, inFlight: number): void {
    this.#samples.push({ at, inFlight })
    if (this.#samples.length > mostSamples) this.#samples.shift()
  }

  #occupy(start: number, end: number): void {
    const width = this.#width
    for (let index = Math.floor(start / width); index * width < end; index++) {
      const within = Math.min(end, (index + 1) * width) - Math.max(start, index * width)
      bucketAt(this.#buckets, index).busy += within
    }
  }

  #widen(): void {
    this.#width *= 2
    this.#buckets = paired(this.#buckets)
  }

  /**
   * @param until - The present of a run that goes on: what is after the last attempt is empty and not unknown.
   * @returns Null before the first attempt.
   */
  timeline(
    until: number | null = null,
  ): { readonly timeline: ReportTimeline; readonly elapsed: number } | null {
    if (this.#buckets.size === 0) return null
    let [width, buckets] = [this.#width, this.#buckets]
    let attempts = 0
    for (const { answers, failures } of buckets.values()) attempts += answers + failures
    const end = Math.max(this.#last, until ?? -Infinity)
    let points = laidOut(buckets, width, end)
    const isTooFine = (): boolean =>
      points.length > mostPoints || (points.length > fewPoints && attempts / points.length < wantedAttempts)
    while (isTooFine()) {
      width *= 2
      buckets = paired(buckets)
      points = laidOut(buckets, width, end)
    }
    // A point that has only just begun says nothing yet.
    const isYoung =
      until !== null && points.length > 1 && end - (points.at(-1)?.index ?? 0) * width < width / 2
    return drawn(isYoung ? points.slice(0, -1) : points, {
      width,
      first: this.#first,
      end,
      samples: this.#samples,
    })
  }
}

function bucketAt(buckets: Buckets, index: number): Bucket {
  let bucket = buckets.get(index)
  if (bucket === undefined) buckets.set(index, (bucket = { answers: 0, failures: 0, tokens: 0, busy: 0 }))
  return bucket
}

function paired(buckets: Buckets): Buckets {
  const wider: Buckets = new Map()
  for (const [index, { answers, failures, tokens, busy }] of buckets) {
    const bucket = bucketAt(wider, Math.floor(index / 2))
    bucket.answers += answers
    bucket.failures += failures
    bucket.tokens += tokens
    bucket.busy += busy
  }
  return wider
}

/** A point of the line: its bucket, and how many before it were cut out. */
interface Point {
  readonly index: number
  readonly cut: number
  readonly bucket: Bucket | null
}

/** All buckets in order, the empty ones between them too, long stretches of these left out. */
function laidOut(buckets: Buckets, width: number, end: number): Point[] {
  const points: Point[] = []
  const isLong = (empty: number): boolean => empty > breakPoints && empty * width > shortestBreak
  const fill = (from: number, to: number): void => {
    for (let index = from; index < to; index++) points.push({ index, cut: 0, bucket: null })
  }
  let next: number | null = null
  for (const index of [...buckets.keys()].sort((one, other) => one - other)) {
    const empty: number = index - (next ?? index)
    const cut = isLong(empty) ? empty : 0
    if (cut === 0) fill(index - empty, index)
    points.push({ index, cut, bucket: buckets.get(index) ?? null })
    next = index + 1
  }
  // A run that hangs shows it: its last stretch is never cut.
  const past = Math.ceil(end / width)
  if (next !== null && past > next) fill(Math.max(next, past - 2 * mostPoints), past)
  return points
}

/** How many were seen on their way closest to the middle of a point; 0 if nobody looked then. */
function seenInFlight(samples: readonly Sample[], middle: number, width: number): number {
  let best: Sample | null = null
  for (const sample of samples) {
    if (best === null || Math.abs(sample.at - middle) < Math.abs(best.at - middle)) best = sample
  }
  return best !== null && Math.abs(best.at - middle) <= Math.max(width, sampleReach) ? best.inFlight : 0
}

interface Extent {
  readonly width: number
  readonly first: number
  readonly end: number
  readonly samples: readonly Sample[]
}

function drawn(
  points: readonly Point[],
  { width, first, end, samples }: Extent,
): { readonly timeline: ReportTimeline; readonly elapsed: number } {
  const [at, answers, failures, inFlight, tokens]: number[][] = [[], [], [], [], []]
  const breaks: { at: number; idle: number }[] = []
  const origin = (points[0]?.index ?? 0) * width
  let gone = 0
  for (const { index, cut, bucket } of points) {
    const start = index * width
    gone += cut * width
    if (cut > 0) breaks.push({ at: start - origin - gone, idle: cut * width })
    // The first and the last point are not there for their whole width.
    const there = Math.max(width / 4, Math.min(end, start + width) - Math.max(first, start))
    at?.push(Math.round(start - origin - gone))
    answers?.push(rounded(((bucket?.answers ?? 0) * 1000) / there))
    failures?.push(rounded(((bucket?.failures ?? 0) * 1000) / there))
    tokens?.push(rounded(((bucket?.tokens ?? 0) * 1000) / there))
    const seen = seenInFlight(samples, start + width / 2, width)
    inFlight?.push(rounded(Math.max((bucket?.busy ?? 0) / there, seen)))
  }
  const timeline = {
    begins: new Date(first).toISOString(),
    width,
    at: at ?? [],
    answers: answers ?? [],
    failures: failures ?? [],
    inFlight: inFlight ?? [],
    tokens: tokens ?? [],
    breaks,
  }
  return { timeline, elapsed: Math.max(0, end - first - gone) }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100
}
