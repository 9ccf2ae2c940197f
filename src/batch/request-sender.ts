// One request, from its turn to its final outcome: admitted, sent, judged, sent again.
//
// This is the only place that repeats anything: the HTTP client is told not to. The permit of the limiter is
// held while the request is on its way and never during a delay, so requests that wait to be repeated take
// nobody's place. A 429 pauses the whole run and does not use up an attempt: it says "not now" and not "no";
// what bounds it is a count of its own.

import { backoff } from "../combine/index.ts"
import { clock } from "../core/lowlevel.ts"
import { retryAfter, type HttpClient } from "../http/index.ts"
import type { RateLimiter, RatePermit } from "../sync/index.ts"
import { sleep } from "../time/index.ts"
import type { BatchEvent } from "./batch-event.ts"
import type { BatchSettings } from "./batch-settings.ts"
import type { BatchStatistics } from "./batch-statistics.ts"
import { joinUrl } from "./join-url.ts"
import { classifyAnswer, classifyError, type Answer, type Outcome, type Retry } from "./outcome.ts"
import { recordId } from "./output-record.ts"
import type { RequestItem } from "./request-line.ts"
import type { RunBrake } from "./run-brake.ts"

/** What every request of a run shares. */
export interface SenderParts {
  readonly settings: BatchSettings
  readonly client: HttpClient
  readonly limiter: RateLimiter
  readonly statistics: BatchStatistics
  readonly brake: RunBrake
  readonly emit: (event: BatchEvent) => void
}

/** An answer as it came. */
export interface ReceivedAnswer extends Answer {
  readonly requestId: string | null
  readonly text: string
}

/** How a request ended. `answer` is the last one, null if the last attempt had none. */
export interface SendOutcome {
  readonly final: Outcome
  readonly answer: ReceivedAnswer | null
  readonly attempts: number
  /** Time of the last attempt in ms. */
  readonly latency: number
  /** The error message of an attempt without an answer. */
  readonly message: string
}

interface Attempt extends Omit<SendOutcome, "attempts"> {
  /** How long the whole run was paused for it, in ms. */
  readonly pause: number
}

/** Pauses one request lives through before it counts as hopeless. */
const mostPauses = 500

/**
 * After a pause the requests that it hit come back spread over this many ms at most. A server with a
 * token bucket asks for the time of one token, so as many times that as there are requests is when
 * they all have one.
 */
const mostSpread = 20_000

/** First delay, growth and cap of the back-off, in ms. */
const delays = { delay: 500, factor: 2, maxDelay: 60_000, jitter: true }

/** Sends requests and repeats them by the table of `outcome.ts`. */
export class RequestSender {
  readonly #parts: SenderParts

  constructor(parts: SenderParts) {
    this.#parts = parts
  }

  /**
   * Sends a request until its outcome is final.
   *
   * **Cancellation.** The request on its way is aborted, its socket closed, before the error arrives.
   * **Fairness.** Admission is in order of arrival; a repetition queues behind what is waiting.
   *
   * @returns The outcome, or null if the run stopped before there was one.
   */
  async send(item: RequestItem): Promise<SendOutcome | null> {
    let failures = 0
    let pauses = 0
    let raced = false
    for (let attempts = 1; ; attempts++) {
      const attempt = await this.#admitted(item, attempts, pauses + 1)
      if (attempt === null) return null
      const { final } = attempt
      if (final.kind !== "retry" && final.kind !== "pause") return { ...attempt, attempts }
      const atOnce = final.kind === "retry" && final.atOnce && !raced
      if (atOnce) raced = true
      else if (final.kind === "pause") pauses++
      else failures++
      if (failures > this.#parts.settings.retries || pauses > mostPauses) return { ...attempt, attempts }
      const { concurrency } = this.#parts.settings
      const delay = atOnce ? 0 : delayBefore(final, attempt.pause, failures, concurrency)
      this.#parts.emit({
        type: "retry",
        customId: item.customId,
        attempt: attempts,
        cause: final.cause,
        delay,
      })
      if (delay > 0 && !(await this.#parts.brake.wait(() => sleep(delay)))) return null
      if (this.#parts.brake.stopped !== null) return null
      this.#parts.statistics.retries++
    }
  }

  /** Holds everybody for as long as the server asked. @returns For how long. */
  #pauseRun({ cause, after }: Extract<Outcome, { kind: "pause" }>, round: number): number {
    const delay = after ?? Math.max(delays.delay, backoff(round, delays))
    const { limiter, statistics, emit } = this.#parts
    const isNew = limiter.statistics().pausedUntil === null
    limiter.pause(delay)
    statistics.pausedUntil = Math.max(statistics.pausedUntil, clock.now() + delay)
    if (isNew) {
      statistics.pauses++
      emit({ type: "pause", cause, delay })
    }
    return delay
  }

  /** One attempt under a permit. A pause begins before the permit goes to the next, or that one would slip through. */
  async #admitted(item: RequestItem, number: number, round: number): Promise<Attempt | null> {
    const { brake, limiter, statistics } = this.#parts
    let permit: RatePermit | null = null
    const admitted = await brake.wait(async () => {
      permit = await limiter.acquire()
    })
    const held = permit as RatePermit | null
    try {
      if (!admitted || held === null) return null
      statistics.inFlight++
      statistics.attempts++
      try {
        const attempt = await this.#attempt(item, number)
        const pause = attempt.final.kind === "pause" ? this.#pauseRun(attempt.final, round) : 0
        return { ...attempt, pause }
      } finally {
        statistics.inFlight--
      }
    } finally {
      held?.release()
    }
  }

  async #attempt(item: RequestItem, attempt: number): Promise<Omit<Attempt, "pause">> {
    const begun = clock.now()
    try {
      const answer = await this.#exchange(item, attempt)
      return { final: classifyAnswer(answer), answer, latency: clock.now() - begun, message: "" }
    } catch (error) {
      const final: Retry | null = classifyError(error)
      if (final === null) {
        // Cut off on its way: the server may have seen it and go on without us.
        this.#parts.statistics.maybeBilled++
        throw error
      }
      if (final.maybeBilled) this.#parts.statistics.maybeBilled++
      const message = error instanceof Error ? error.message : String(error)
      return { final, answer: null, latency: clock.now() - begun, message }
    }
  }

  async #exchange(item: RequestItem, attempt: number): Promise<ReceivedAnswer> {
    const { client, settings } = this.#parts
    const response = await client.request(item.method, joinUrl(settings.baseUrl, item.path), {
      headers: requestHeaders(settings, item, attempt),
      ...(item.body === null ? {} : { body: item.body }),
      timeout: { attempt: settings.timeout, total: Infinity },
      retries: 0,
      signal: settings.signal,
    })
    const text = await response.text()
    const { headers, status } = response
    return {
      status,
      text,
      body: parseJson(text),
      retryAfter: retryAfter(headers),
      shouldRetry: shouldRetry(headers.get("x-should-retry")),
      requestId: headers.get("x-request-id") ?? headers.get("request-id"),
    }
  }
}

/** The delay of one request. After a pause each adds its own, so that they do not all come back together. */
function delayBefore(
  outcome: Extract<Outcome, { kind: "retry" | "pause" }>,
  pause: number,
  round: number,
  concurrency: number,
): number {
  if (outcome.kind === "retry") return Math.max(backoff(round, delays), outcome.after ?? 0)
  return pause + Math.min(mostSpread, pause * concurrency) * clock.random()
}

/** Headers of one attempt. The id is the same whenever the same request is sent for the same time. */
export function requestHeaders(
  settings: BatchSettings,
  item: RequestItem,
  attempt: number,
): Record<string, string> {
  return {
    accept: "application/json",
    ...(item.body === null ? {} : { "content-type": "application/json" }),
    ...(settings.apiKey === null ? {} : { authorization: `Bearer ${settings.apiKey}` }),
    "x-client-request-id": `${recordId(item)}-${attempt}`,
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function shouldRetry(value: string | null): boolean | null {
  return value === "true" ? true : value === "false" ? false : null
}
