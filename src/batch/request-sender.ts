// One request, from its turn to its final outcome: admitted, sent, judged, sent again.
//
// This is the only place that repeats anything: the HTTP client is told not to. The permit of the limiter is
// held while the request is on its way and never during a delay, so requests that wait to be repeated take
// nobody's place. A 429 pauses all requests to that model and does not use up an attempt: it says "not now" and
// not "no"; what bounds it is a count of its own. So it is with a server that is down.

import { backoff } from "../combine/index.ts"
import { clock } from "../core/lowlevel.ts"
import type { HttpClient } from "../http/index.ts"
import { RateSlots } from "../sync/index.ts"
import { sleep } from "../time/index.ts"
import { AdaptiveConcurrency } from "./adaptive-concurrency.ts"
import type { AttemptNote, BatchEvent } from "./batch-event.ts"
import type { BatchSettings } from "./batch-settings.ts"
import type { BatchStatistics } from "./batch-statistics.ts"
import type { RunFlow } from "./bottleneck.ts"
import type { ModelRoom } from "./model-lanes.ts"
import { ModelLimits, type ModelLimit, type Reserved } from "./model-limits.ts"
import type { Outcome, Pause, Retry } from "./outcome.ts"
import { Reachability } from "./reachability.ts"
import { attemptRequest, type Attempt } from "./attempt-request.ts"
import type { RequestItem } from "./request-line.ts"
import { RetryBudget } from "./retry-budget.ts"
import type { RunBrake } from "./run-brake.ts"
import type { SentJournal } from "./sent-journal.ts"
import { Spending, type Charge, type Reservation } from "./spending.ts"
import { refusesCount } from "./streaming.ts"

/** What every request of a run shares. */
export interface SenderParts {
  readonly settings: BatchSettings
  readonly client: Pick<HttpClient, "request">
  readonly statistics: BatchStatistics
  readonly brake: RunBrake
  readonly emit: (event: BatchEvent) => void
  /** Told of each request before it leaves; null if nobody wants to know. */
  readonly journal: Pick<SentJournal, "note"> | null
}

/** How a request ended. */
export interface SendOutcome {
  readonly final: Outcome
  /** The last attempt; null if it was never sent. */
  readonly last: Attempt | null
  readonly attempts: readonly AttemptNote[]
  /** What its attempts were billed, as far as somebody counted. */
  readonly charges: readonly Charge[]
}

/** Pauses one request lives through before it counts as hopeless. */
const mostPauses = 500

/** First delay, growth and cap of the back-off, in ms. */
const delays = { delay: 500, factor: 2, maxDelay: 60_000, jitter: true }

/** What one request has gone through. */
interface History {
  readonly attempts: AttemptNote[]
  readonly charges: Charge[]
  failures: number
  pauses: number
  /** The keep-alive race has had its free repetition. */
  raced: boolean
  /** When the last attempt ended, or the request came. */
  since: number
}

/** Sends requests and repeats them by the table of `outcome.ts`. */
export class RequestSender implements ModelRoom {
  readonly #parts: SenderParts
  readonly #limits: ModelLimits
  readonly #concurrency: AdaptiveConcurrency
  readonly #spending: Spending
  readonly #retryBudget: RetryBudget = new RetryBudget()
  readonly #reachability: Reachability = new Reachability()
  /** Cleared for good by a server that cannot count tokens in a stream. */
  #countTokens = true
  /** Places for requests on their way. */
  readonly #slots: RateSlots
  /** Requests that wait for their next attempt. */
  #retrying = 0

  constructor(parts: SenderParts) {
    this.#parts = parts
    const { first, most } = parts.settings.concurrency
    this.#slots = new RateSlots(first)
    this.#limits = new ModelLimits(parts.settings, this.#slots)
    this.#concurrency = new AdaptiveConcurrency(this.#slots, most)
    this.#spending = new Spending(parts.settings, parts.statistics.ledger, parts.brake)
  }

  /** Where the requests of the run are. */
  flow(): Omit<RunFlow, "writing"> {
    const { settings, statistics, brake } = this.#parts
    return {
      stopping: brake.stopped?.message ?? null,
      models: this.#limits.flow(),
      places: { now: this.#slots.limit, most: settings.concurrency.most },
      inFlight: statistics.inFlight,
      retrying: this.#retrying,
      unbudgeted: this.#spending.waiting,
    }
  }

  /** Lines for which there is a slot: twice what may be on its way, so that nobody waits for a disk or a delay. */
  get slots(): number {
    return this.#parts.settings.concurrency.most * 2 + 16
  }

  /** Whether another line of a model may take a slot: an eighth of them may wait for its limits. */
  hasRoom(model: string): boolean {
    return this.#limits.of(model).waiting < this.slots / 8
  }

  untilRoom(): Promise<void> {
    return this.#limits.untilMoved()
  }

  /**
   * Sends a request until its outcome is final.
   *
   * **Cancellation.** The request on its way is aborted, its socket closed, before the error arrives.
   * **Fairness.** Admission is in order of arrival; a repetition queues behind what is waiting.
   *
   * @returns The outcome, or null if the line stays open: the run stopped, or the server wants to be left alone.
   */
  async send(item: RequestItem): Promise<SendOutcome | null> {
    if (item.wasSent && !this.#parts.settings.retryAfterSend)
      return { final: sentBefore, last: null, attempts: [], charges: [] }
    const limit = this.#limits.of(item.model)
    const since = clock.now()
    const history: History = { attempts: [], charges: [], failures: 0, pauses: 0, raced: false, since }
    const { attempts, charges } = history
    for (;;) {
      const attempt = await this.#admitted(item, limit, history)
      if (attempt === null) return null
      if ("kind" in attempt) return { final: attempt, last: null, attempts, charges }
      const { outcome } = attempt
      const end = { final: outcome, last: attempt, attempts, charges }
      if (outcome.kind !== "retry" && outcome.kind !== "pause") return end
      const delay = this.#delayBefore(outcome, history)
      if (delay === null) return end
      if (delay === Infinity) return null
      const { n } = history.attempts.at(-1) as AttemptNote
      this.#parts.emit({ type: "retry", customId: item.customId, attempt: n, cause: outcome.cause, delay })
      if (delay > 0 && !(await this.#rest(delay))) return null
      if (this.#parts.brake.stopped !== null) return null
      this.#parts.statistics.retries++
    }
  }

  /** Waits before the next attempt. @returns Whether the run still goes on. */
  async #rest(delay: number): Promise<boolean> {
    this.#retrying++
    try {
      return await this.#parts.brake.wait(() => sleep(delay))
    } finally {
      this.#retrying--
    }
  }

  /** One attempt under a permit and a part of the budget; an outcome of its own for a request that no limit will ever admit. */
  async #admitted(item: RequestItem, limit: ModelLimit, history: History): Promise<Attempt | Outcome | null> {
    const { brake } = this.#parts
    if (brake.isSet) return null
    const hold = this.#spending.reserveNothing(item) ?? (await this.#reserve(item))
    if (hold === null) return null
    try {
      let held: Reserved
      try {
        held = await limit.acquire(item, { signal: brake.ended })
      } catch (error) {
        if (error === brake.ended.reason) return null
        if (!(error instanceof RangeError)) throw error
        return { kind: "unsent", cause: "request_too_large_for_limit", message: error.message }
      }
      try {
        if (brake.isSet || limit.isParked) {
          held.permit.refund()
          return null
        }
        return await this.#attempt(item, limit, { held, hold }, history)
      } finally {
        held.permit.release()
      }
    } finally {
      hold.refund()
    }
  }

  /** A part of the budget; null if the run stopped before there was one. */
  async #reserve(item: RequestItem): Promise<Reservation | null> {
    const part: { hold: Reservation | null } = { hold: null }
    await this.#parts.brake.wait(async () => {
      part.hold = await this.#spending.reserve(item)
    })
    return part.hold
  }

  /** What the whole run does about an outcome is done before the permit goes to the next, or that one would slip through. */
  async #attempt(
    item: RequestItem,
    limit: ModelLimit,
    { held, hold }: { readonly held: Reserved; readonly hold: Reservation },
    history: History,
  ): Promise<Attempt> {
    const { settings, statistics, client, journal } = this.#parts
    const n = history.attempts.length + 1
    if (journal !== null) await journal.note(item, n)
    const begun = clock.now()
    const startedAt = new Date(clock.wallTime()).toISOString()
    const countTokens = this.#countTokens
    statistics.inFlight++
    let attempt: Attempt
    try {
      attempt = await attemptRequest(client, settings, item, { attempt: n, countTokens })
    } catch (error) {
      // Cut off on its way: the server may have seen it and go on without us.
      statistics.attempts++
      statistics.maybeBilled++
      hold.lose()
      throw error
    } finally {
      statistics.inFlight--
    }
    if (countTokens && item.streaming === "added" && isCountRefused(attempt)) {
      this.#countTokens = false
      attempt = { ...attempt, outcome: withoutCount }
    }
    const { answer, outcome, isSent, latency } = attempt
    if (isSent) statistics.attempts++
    statistics.countStatus(answer?.status ?? null)
    history.attempts.push({
      n,
      startedAt,
      status: answer?.status ?? null,
      error: "cause" in outcome && (answer === null || answer.status < 400) ? outcome.cause : null,
      retryAfter: answer?.retryAfter ?? null,
      waited: begun - history.since,
      latency,
      requestId: answer?.requestId ?? null,
    })
    history.since = clock.now()
    const usage = answer?.usage ?? null
    if (isSent) limit.settle(item, held, usage, outcome.kind === "done")
    else held.permit.refund()
    const charge = hold.settle(attempt, usage, held.estimate.input)
    if (charge !== null) history.charges.push(charge)
    if (answer !== null) limit.learn(answer.headers)
    const judged = this.#judge(attempt, item, limit, history, begun)
    return judged === outcome ? attempt : { ...attempt, outcome: judged }
  }

  /** What an outcome means for the run; a refused connection may turn into a pause. */
  #judge(attempt: Attempt, item: RequestItem, limit: ModelLimit, history: History, begun: number): Outcome {
    const { settings, statistics, brake } = this.#parts
    const { outcome } = attempt
    if (outcome.kind === "done") {
      limit.succeeded()
      this.#retryBudget.succeeded()
      if (history.attempts.length === 1) this.#concurrency.succeeded()
    }
    if (outcome.kind === "pause") return this.#pauseRun(outcome, limit, history)
    if (outcome.kind === "retry") {
      if (outcome.maybeBilled) statistics.maybeBilled++
      if (outcome.after === null) this.#concurrency.troubled()
      else this.#concurrency.limited(Math.min(outcome.after, settings.maxRetryAfter))
    }
    if (outcome.kind !== "retry" || !outcome.unreached) {
      this.#reachability.answered()
      return outcome
    }
    if (/^https?:/i.test(item.path)) return outcome
    const unreached = this.#reachability.failed(begun)
    if (unreached.kind === "hopeless") brake.hopeless(attempt.message)
    if (unreached.kind !== "pause") return outcome
    this.#hold(limit, outcome.cause, unreached.delay)
    history.pauses++
    return { kind: "pause", cause: outcome.cause, after: 0, slowDown: false }
  }

  /** Holds all requests to a model for as long as the server asked. */
  #pauseRun(outcome: Pause, limit: ModelLimit, history: History): Pause {
    const { settings } = this.#parts
    this.#reachability.answered()
    history.pauses++
    const delay = outcome.after ?? Math.max(delays.delay, backoff(history.pauses, delays))
    this.#concurrency.limited(Math.min(delay, settings.maxRetryAfter))
    if (outcome.slowDown) limit.slowDown()
    if (delay > settings.maxRetryAfter) {
      limit.isParked = true
      return outcome
    }
    this.#hold(limit, outcome.after === null ? outcome.cause : `Retry-After of ${outcome.cause}`, delay)
    return outcome
  }

  #hold(limit: ModelLimit, cause: string, delay: number): void {
    const { statistics, emit } = this.#parts
    if (limit.pause(delay, cause)) {
      statistics.pauses++
      emit({ type: "pause", cause, delay })
    }
    statistics.pausedUntil = Math.max(statistics.pausedUntil, clock.now() + delay)
  }

  /** How long the request waits by itself; null if this was the last attempt, Infinity if it is for another run. */
  #delayBefore(outcome: Retry | Pause, history: History): number | null {
    const { settings, brake } = this.#parts
    const { after } = outcome
    if (after !== null && after > settings.maxRetryAfter) {
      brake.parked(after, outcome.kind === "pause" && this.#limits.areAllParked)
      return Infinity
    }
    if (outcome.kind === "pause") return history.pauses > mostPauses ? null : 0
    if (outcome.maybeBilled && !settings.retryAfterSend) return null
    if (outcome.atOnce && !history.raced) {
      history.raced = true
      return 0
    }
    if (++history.failures > settings.retries) return null
    return Math.max(backoff(history.failures, delays), after ?? 0) + this.#retryBudget.take()
  }
}

/** An earlier run sent it, and it is not to be sent twice. */
const sentBefore: Outcome = {
  kind: "unsent",
  cause: "sent_before",
  message: "an earlier run sent it and has no answer; it may be billed",
}

/** The request is sent again at once, without the words that the server did not know. */
const withoutCount: Retry = {
  kind: "retry",
  cause: "HTTP 400 about stream_options",
  after: null,
  maybeBilled: false,
  atOnce: true,
  unreached: false,
  code: null,
}

function isCountRefused({ answer }: Attempt): boolean {
  return answer !== null && refusesCount(answer.status, answer.text)
}
