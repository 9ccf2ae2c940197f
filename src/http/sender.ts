// A call, from its place in line to the answer that stands.
//
// Per attempt: admitted by the rate limiter, then by the pool, sent, and judged by the policy. The
// rate is taken before the place, since a place that waits for the rate would idle. A repetition
// asks both again. What must stay true: whoever leaves here with an error has nothing on its way
// any more; an answer that is not the last one pins no connection.
import { TimeoutError, isCancelled } from "../core/index.ts"
import type { WaitOptions } from "../core/index.ts"
import { clock, watchSignal } from "../core/lowlevel.ts"
import type { Permit, RateLimiter, RatePermit } from "../sync/index.ts"
import { sleep } from "../time/index.ts"
import type { ConnectionPool } from "./connection-pool.ts"
import { HttpClientClosedError, HttpTimeoutError } from "./errors.ts"
import type { ExchangeRequest } from "./exchange.ts"
import { Exchange } from "./exchange.ts"
import { HttpResponse } from "./http-response.ts"
import { closeWithTask } from "./close-with-task.ts"
import { retryAfter } from "./retry-after.ts"
import type { CheckedPolicy } from "./retry-policy.ts"
import { pauseAfterAnswer, pauseAfterError } from "./retry-policy.ts"
import type { Target } from "./target.ts"

/** A call with everything decided that is the same for all its attempts. */
export interface Call extends ExchangeRequest {
  readonly policy: CheckedPolicy
  readonly signal: AbortSignal | undefined
  /** Time of the clock at which it began. */
  readonly started: number
}

export function closedError(method: string, target?: Target): HttpClientClosedError {
  return new HttpClientClosedError(
    `Cannot ${method}${target === undefined ? "" : ` ${target.shown}`}: the client was closed`,
  )
}

export class Sender {
  readonly #pool: ConnectionPool
  /** Admits each attempt before the pool does; null admits all. */
  readonly #rateLimiter: RateLimiter | null
  /** Set by {@link close}, before anything is ended: who gets a place after that leaves it. */
  #isClosed = false

  constructor(pool: ConnectionPool, rateLimiter: RateLimiter | null) {
    this.#pool = pool
    this.#rateLimiter = rateLimiter
  }

  /** Sends a call until its policy is content or gives up. */
  async send(call: Call): Promise<HttpResponse> {
    let failures = 0
    let hasRaced = false
    for (let attempt = 1; ; attempt += 1) {
      const exchange = await this.#begin(call, attempt)
      let pause: number | null
      try {
        await exchange.untilAnswered()
        pause = this.#pauseAfterAnswer(call, exchange, failures + 1)
        if (pause === null) return hand(call, exchange)
      } catch (error) {
        if (isCancelled(error)) throw error
        if (exchange.isKeepAliveRace && !hasRaced && call.policy.retries > 0 && canRepeat(call)) {
          hasRaced = true
          continue
        }
        pause = repeatIn(call, pauseAfterError(call.policy, call.method, error, failures + 1))
        if (pause === null) throw error
      }
      failures += 1
      await rest(call, exchange, pause)
    }
  }

  /** Ends every request, and resolves when no socket is left. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#pool.close(({ request }) => closedError(request.method, request.target))
  }

  async #begin(call: Call, attempt: number): Promise<Exchange> {
    const limiter = this.#rateLimiter
    const admission =
      limiter === null ? null : await inLine(call, attempt, (o) => limiter.acquire(undefined, o))
    const permit = await this.#place(call, attempt, admission)
    const exchange = new Exchange(call, attempt)
    let unwatch: (() => void) | null = null
    this.#pool.send(exchange, permit, () => {
      admission?.release()
      unwatch?.()
    })
    const { signal } = call
    if (signal !== undefined && !exchange.isOver)
      unwatch = watchSignal(signal, () => exchange.abort(signal.reason))
    return exchange
  }

  async #place(call: Call, attempt: number, admission: RatePermit | null): Promise<Permit> {
    const { line } = this.#pool
    try {
      const permit = await (line.locked() ? inLine(call, attempt, (o) => line.acquire(o)) : line.acquire())
      if (!this.#isClosed) return permit
      permit.release()
      throw closedError(call.method, call.target)
    } catch (error) {
      admission?.refund()
      admission?.release()
      throw error
    }
  }

  #pauseAfterAnswer(call: Call, { status, headers }: Exchange, repetition: number): number | null {
    const { policy } = call
    const asked =
      this.#rateLimiter !== null && (status === 429 || status === 503) ? retryAfter(headers) : null
    if (asked !== null) this.#rateLimiter?.pause(Math.min(asked, policy.maxRetryAfter))
    return repeatIn(call, pauseAfterAnswer(policy, status, headers, repetition))
  }
}

function hand(call: Call, exchange: Exchange): HttpResponse {
  if (!exchange.isOver) closeWithTask(exchange)
  return new HttpResponse(exchange, clock.now() - call.started)
}

/** `pause`, or null when the call cannot be sent again or would be out of time by then. */
function repeatIn(call: Call, pause: number | null): number | null {
  return pause === null || !canRepeat(call) || clock.now() + pause >= call.deadline ? null : pause
}

/** Whether the body is still there to be sent a second time. */
function canRepeat({ body }: Call): boolean {
  return body === null || typeof body === "string" || body instanceof Uint8Array
}

/** Waits before the next attempt; meanwhile the answer that did not stand is read away. */
async function rest({ signal }: Call, exchange: Exchange, pause: number): Promise<void> {
  exchange.discard()
  try {
    if (pause > 0) await sleep(pause, undefined, { signal })
  } finally {
    exchange.close("its answer was not the last one")
    await exchange.untilGone()
  }
}

/** Waits in a line at most until the call is out of time. */
async function inLine<T>(
  call: Call,
  attempt: number,
  wait: (options: WaitOptions) => Promise<T>,
): Promise<T> {
  const { method, target, limits, signal, deadline } = call
  const left = deadline - clock.now()
  try {
    return await wait({ signal, timeout: left === Infinity ? undefined : Math.max(0, left) })
  } catch (error) {
    if (!(error instanceof TimeoutError) || error === signal?.reason) throw error
    const details = { method, url: target.shown, attempts: attempt - 1, requestSent: attempt > 1 }
    throw new HttpTimeoutError({ ...details, phase: "total", limit: limits.total })
  }
}
