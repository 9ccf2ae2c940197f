// What a mock server has seen, for the tests that must prove something by it.
//
// Counted here: every request from the moment its headers arrived, every answer that left whole,
// every time a client went over a limit. Answers and sendings are counted per prompt and per
// `x-client-request-id`, so a test can show that nothing was asked twice.
// What must stay true: memory is bounded; past LOG_SIZE names, new names are counted, not kept.
import type { MockBucketName, MockRefusal } from "./mock-limits.ts"
import { clock } from "../core/lowlevel.ts"

/** How often something was asked, and how often its answer left whole. */
export interface MockTally {
  sent: number
  answered: number
}

/** One request over a limit. */
export interface MockViolation {
  /** Milliseconds since the server started. */
  readonly at: number
  readonly bucket: MockBucketName
  readonly requested: number
  readonly available: number
}

/** The report of `GET /stats`; `/stats` itself is not counted. */
export interface MockReport {
  readonly uptime: number
  readonly requests: number
  readonly inFlight: number
  readonly peakConcurrency: number
  /** Requests by the status of their answer; those that got none are not in here. */
  readonly byStatus: Readonly<Record<string, number>>
  /** Failures that were injected, by kind, and hangs. */
  readonly injected: Readonly<Record<string, number>>
  /** Answers with status 200 that left whole. */
  readonly answered: number
  /** Requests whose client went away before its answer was complete. */
  readonly abandoned: number
  readonly tokens: { readonly prompt: number; readonly completion: number; readonly charged: number }
  readonly violations: {
    readonly count: number
    readonly requests: number
    readonly tokens: number
    /** The first thousand. */
    readonly log: readonly MockViolation[]
  }
  /** How many requests brought each header whose name begins with `x-`. */
  readonly headers: Readonly<Record<string, number>>
  /** By the hash of the prompt, see `promptHash`. */
  readonly prompts: Readonly<Record<string, MockTally>>
  /** By the value of the header `x-client-request-id`. */
  readonly clientRequestIds: Readonly<Record<string, MockTally>>
  /** Prompts and ids that were not kept because there were too many. */
  readonly notLogged: number
}

/** The most prompts, and the most ids, that are kept by name. */
const LOG_SIZE = 200_000
const VIOLATIONS_KEPT = 1_000

export class MockStatistics {
  /** Monotonic time of the start. */
  readonly #started: number = clock.now()
  /** Requests so far; each counted once, at its headers. */
  requests = 0
  /** Requests that came and have not ended; 0 when the server is idle. */
  inFlight = 0
  /** Never below `inFlight`. */
  peakConcurrency = 0
  /** Answers with status 200 that left whole. */
  answered = 0
  /** Requests whose client went away first. */
  abandoned = 0
  /** Tokens of the answers that were begun, and what the limits were charged. */
  promptTokens = 0
  completionTokens = 0
  chargedTokens = 0
  /** Names that came when a log was full. */
  #notLogged = 0
  /** Counts by status, by kind of injected failure, by name of header. */
  readonly #byStatus = new Map<string, number>()
  readonly #injected = new Map<string, number>()
  readonly #headers = new Map<string, number>()
  /** Each at most LOG_SIZE long. */
  readonly #prompts = new Map<string, MockTally>()
  readonly #clientRequestIds = new Map<string, MockTally>()
  /** All violations by bucket; only the first are kept one by one. */
  readonly #violations: Record<MockBucketName, number> = { requests: 0, tokens: 0 }
  readonly #violationLog: MockViolation[] = []

  started(): void {
    this.requests += 1
    this.inFlight += 1
    if (this.inFlight > this.peakConcurrency) this.peakConcurrency = this.inFlight
  }

  ended(): void {
    this.inFlight -= 1
  }

  status(status: number): void {
    increment(this.#byStatus, String(status))
  }

  injected(kind: string): void {
    increment(this.#injected, kind)
  }

  header(name: string): void {
    increment(this.#headers, name)
  }

  violation(refusal: MockRefusal): void {
    const { bucket, requested, available } = refusal
    this.#violations[bucket] += 1
    if (this.#violationLog.length >= VIOLATIONS_KEPT) return
    this.#violationLog.push({ at: clock.now() - this.#started, bucket, requested, available })
  }

  prompt(hash: string): MockTally {
    return this.#tally(this.#prompts, hash)
  }

  clientRequestId(id: string): MockTally {
    return this.#tally(this.#clientRequestIds, id)
  }

  #tally(log: Map<string, MockTally>, name: string): MockTally {
    let tally = log.get(name)
    if (tally === undefined) {
      tally = { sent: 0, answered: 0 }
      if (log.size < LOG_SIZE) log.set(name, tally)
      else this.#notLogged += 1
    }
    tally.sent += 1
    return tally
  }

  report(): MockReport {
    return {
      uptime: clock.now() - this.#started,
      requests: this.requests,
      inFlight: this.inFlight,
      peakConcurrency: this.peakConcurrency,
      byStatus: Object.fromEntries(this.#byStatus),
      injected: Object.fromEntries(this.#injected),
      answered: this.answered,
      abandoned: this.abandoned,
      tokens: { prompt: this.promptTokens, completion: this.completionTokens, charged: this.chargedTokens },
      violations: {
        count: this.#violations.requests + this.#violations.tokens,
        ...this.#violations,
        log: [...this.#violationLog],
      },
      headers: Object.fromEntries(this.#headers),
      prompts: Object.fromEntries(this.#prompts),
      clientRequestIds: Object.fromEntries(this.#clientRequestIds),
      notLogged: this.#notLogged,
    }
  }
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
