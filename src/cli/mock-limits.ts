// Token buckets that the mock server really enforces.
//
// A bucket holds `burst` milliseconds' worth of its limit, starts full and is refilled all the
// time; there is no top of the minute. A request takes its whole estimated cost up front, as the
// hosted services do, and nothing is given back. A cost larger than the bucket may go through a
// full bucket and leaves it in debt: only a cost above the limit itself can never pass.
// What must stay true: a refused request takes nothing from either bucket.
import { clock } from "../core/lowlevel.ts"
import type { MockForm } from "./mock-form.ts"

/** Which of the two limits refused a request. */
export type MockBucketName = "requests" | "tokens"

/** Why a request was not admitted. */
export interface MockRefusal {
  readonly bucket: MockBucketName
  readonly limit: number
  readonly requested: number
  /** What the bucket held at that moment; below zero when it is in debt. */
  readonly available: number
  /** Milliseconds until the same request would pass; null when it never can. */
  readonly wait: number | null
}

/** One limit per minute, refilled continuously. */
class MockBucket {
  /** Units a minute; above 0. */
  readonly limit: number
  /** The most that can be saved up; at least 1. */
  readonly capacity: number
  /** Units in the bucket at `#seen`; at most `capacity`, below zero in debt. */
  #level: number
  /** Monotonic time of the last refill. */
  #seen: number

  constructor(limit: number, burst: number) {
    this.limit = limit
    this.capacity = Math.max(1, (limit / MINUTE) * burst)
    this.#level = this.capacity
    this.#seen = clock.now()
  }

  /** Units available now. */
  level(now: number): number {
    this.#level = Math.min(this.capacity, this.#level + ((now - this.#seen) * this.limit) / MINUTE)
    this.#seen = now
    return this.#level
  }

  /** Milliseconds until `cost` would pass, 0 if it passes now, null if it never can. */
  wait(cost: number, now: number): number | null {
    if (cost > this.limit && cost > this.capacity) return null
    const missing = Math.min(cost, this.capacity) - this.level(now)
    return missing <= ROUNDING ? 0 : (missing * MINUTE) / this.limit
  }

  take(cost: number): void {
    this.#level -= cost
  }

  /** Milliseconds until the bucket is full again. */
  untilFull(now: number): number {
    return ((this.capacity - this.level(now)) * MINUTE) / this.limit
  }
}

const MINUTE = 60_000
// A client that waits for exactly the advised time must not be refused for the last bit of a fraction.
const ROUNDING = 1e-6

/** Both limits of a server; either may be absent. */
export class MockLimits {
  readonly requests: MockBucket | null
  readonly tokens: MockBucket | null

  constructor(rpm: number | null, tpm: number | null, burst: number) {
    this.requests = rpm === null ? null : new MockBucket(rpm, burst)
    this.tokens = tpm === null ? null : new MockBucket(tpm, burst)
  }

  /** Charges one request of `tokens` to both buckets, or says which of them refuses it. */
  admit(tokens: number): MockRefusal | null {
    const now = clock.now()
    const refusal = refused("requests", this.requests, 1, now) ?? refused("tokens", this.tokens, tokens, now)
    if (refusal !== null) return refusal
    this.requests?.take(1)
    this.tokens?.take(tokens)
    return null
  }

  /** Adds the rate-limit headers of both buckets to a flat list of names and values. */
  addHeaders(headers: string[], form: MockForm): void {
    const add = form === "chat" ? bucketHeaders : messageHeaders
    if (this.requests !== null) add(headers, "requests", this.requests)
    if (this.tokens !== null) add(headers, "tokens", this.tokens)
  }
}

function refused(
  name: MockBucketName,
  bucket: MockBucket | null,
  cost: number,
  now: number,
): MockRefusal | null {
  const wait = bucket === null ? 0 : bucket.wait(cost, now)
  if (bucket === null || wait === 0) return null
  return { bucket: name, limit: bucket.limit, requested: cost, available: bucket.level(now), wait }
}

function bucketHeaders(headers: string[], name: MockBucketName, bucket: MockBucket): void {
  const now = clock.now()
  headers.push(
    `x-ratelimit-limit-${name}`,
    String(bucket.limit),
    `x-ratelimit-remaining-${name}`,
    String(Math.max(0, Math.floor(bucket.level(now)))),
    `x-ratelimit-reset-${name}`,
    goDuration(bucket.untilFull(now)),
  )
}

/** The same in Anthropic's words: the reset is a date. */
function messageHeaders(headers: string[], name: MockBucketName, bucket: MockBucket): void {
  const now = clock.now()
  const full = new Date(clock.wallTime() + bucket.untilFull(now))
  const prefix = `anthropic-ratelimit-${name}`
  headers.push(`${prefix}-limit`, String(bucket.limit))
  headers.push(`${prefix}-remaining`, String(Math.max(0, Math.floor(bucket.level(now)))))
  headers.push(`${prefix}-reset`, full.toISOString().replace(/\.\d+Z$/, "Z"))
}

/** Milliseconds in the notation of Go, as the hosted services write them: `12ms`, `1.5s`, `6m0s`. */
function goDuration(milliseconds: number): string {
  const whole = Math.ceil(milliseconds)
  if (whole < 1_000) return `${whole}ms`
  const minutes = Math.floor(whole / MINUTE)
  const seconds = (whole - minutes * MINUTE) / 1_000
  return minutes === 0 ? `${seconds}s` : `${minutes}m${seconds}s`
}
