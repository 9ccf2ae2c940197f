// A call, from its place in line to the answer that stands.
//
// Per attempt: admitted by the rate limiter, then by the pool, sent, and judged by the policy. The
// rate is taken before the place, since a place that waits for the rate would idle. A repetition
// asks both again, and so does each redirect that is followed. What must stay true: whoever leaves here with an error has nothing on its way
// any more; an answer that is not the last one pins no connection.
import { TimeoutError, isCancelled } from "../core/index.ts"
import type { WaitOptions } from "../core/index.ts"
import { clock, watchSignal } from "../core/lowlevel.ts"
import type { Permit, RateLimiter, RatePermit } from "../sync/index.ts"
import { sleep } from "../time/index.ts"
import type { ConnectionPool } from "./connection-pool.ts"
import { HttpClientClosedError, HttpConnectionError, HttpTimeoutError } from "./errors.ts"
import type { ExchangeRequest } from "./exchange.ts"
import { Exchange } from "./exchange.ts"
import { HttpResponse } from "./http-response.ts"
import { closeWithTask } from "./close-with-task.ts"
import { limitAround } from "./limit-around.ts"
import type { RedirectMode } from "./redirect.ts"
import { isRedirect, redirected } from "./redirect.ts"
import { retryAfter } from "./retry-after.ts"
import type { CheckedPolicy } from "./retry-policy.ts"
import { pauseAfterAnswer, pauseAfterError } from "./retry-policy.ts"
import type { Target } from "./target.ts"

/** A call with everything decided that is the same for all its attempts. */
export interface Call extends ExchangeRequest {
  readonly policy: CheckedPolicy
  readonly redirect: RedirectMode
  readonly signal: AbortSignal | undefined
  /** Time of the clock at which it began. */
  readonly started: number
}

/** What was tried so far; one budget for a call, wherever redirects lead it. */
interface Tries {
  /** Attempts that failed, or whose answer did not stand. */
  failures: number
  /** Keep-alive races that were lost; at most one is repeated. */
  races: number
  /** Redirects that were followed. */
  hops: number
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

  /** Sends a call until its policy is content or gives up, and on to where redirects lead. */
  async send(call: Call, tries: Tries = { failures: 0, races: 0, hops: 0 }): Promise<HttpResponse> {
    const { policy } = call
    for (;;) {
      const exchange = await this.#begin(call, tries)
      let pause: number | null
      let note: string | undefined
      try {
        await exchange.untilAnswered()
        this.#heed(call, exchange)
        pause = pauseAfterAnswer(policy, exchange.status, exchange.headers, tries.failures + 1)
        if (!canRepeat(call)) pause = null
        if (pause !== null && !(await isWorthIt(policy, exchange))) pause = null
        note = noTimeFor(call, pause)
      } catch (error) {
        if (isCancelled(error) || !canRepeat(call)) throw error
        if (exchange.isKeepAliveRace && tries.races === 0 && policy.retries > 0) {
          tries.races += 1
          continue
        }
        pause = pauseAfterError(policy, call.method, error, tries.failures + 1)
        if (pause === null) throw error
        note = noTimeFor(call, pause)
        if (note !== undefined) throw withNote(error, note)
      }
      if (pause === null || note !== undefined) {
        const location = locationOf(call, exchange)
        if (location !== null) return this.#follow(call, exchange, tries, location)
        return hand(call, exchange, tries, note)
      }
      tries.failures += 1
      await rest(call, exchange, pause)
    }
  }

  async #follow(call: Call, exchange: Exchange, tries: Tries, location: string): Promise<HttpResponse> {
    await rest(call, exchange, 0)
    const next = redirected(call, { status: exchange.status, location, hops: tries.hops })
    tries.hops += 1
    return this.send(next, tries)
  }

  /** Ends every request, and resolves when no socket is left. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#pool.close(({ request }) => closedError(request.method, request.target))
  }

  async #begin(call: Call, tries: Tries): Promise<Exchange> {
    const limiter = this.#rateLimiter
    const admission =
      limiter === null ? null : await inLine(call, tries, (o) => limiter.acquire(undefined, o))
    const permit = await this.#place(call, tries, admission)
    const exchange = new Exchange(call, attemptsOf(tries) + 1)
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

  async #place(call: Call, tries: Tries, admission: RatePermit | null): Promise<Permit> {
    const { line } = this.#pool
    const { origin } = call.target
    try {
      const permit = await (line.locked()
        ? inLine(call, tries, (o) => line.acquire(origin, o))
        : line.acquire(origin))
      if (!this.#isClosed) return permit
      permit.release()
      throw closedError(call.method, call.target)
    } catch (error) {
      admission?.refund()
      admission?.release()
      throw error
    }
  }

  /** A server that is overrun, and names a time, pauses the rate limiter for all. */
  #heed({ policy }: Call, { status, headers }: Exchange): void {
    if (this.#rateLimiter === null || (status !== 429 && status !== 503)) return
    const asked = retryAfter(headers)
    if (asked !== null) this.#rateLimiter.pause(Math.min(asked, policy.maxRetryAfter))
  }
}

/** Where an answer sends its request; null if it is to be handed out. */
function locationOf({ redirect }: Call, { status, headers }: Exchange): string | null {
  return redirect !== "manual" && isRedirect(status) ? headers.get("location") : null
}

function attemptsOf({ failures, races }: Tries): number {
  return failures + races
}

function hand(call: Call, exchange: Exchange, { hops }: Tries, note: string | undefined): HttpResponse {
  if (!exchange.isOver) closeWithTask(exchange)
  return new HttpResponse(exchange, { elapsed: clock.now() - call.started, redirected: hops > 0, note })
}

/** Why a pause is not begun, if the call, or a time limit around it, would be over by its end. */
function noTimeFor({ deadline, limits }: Call, pause: number | null): string | undefined {
  if (pause === null) return undefined
  const end = clock.now() + pause
  const limit = end < deadline ? limitAround(end) : `the limit of ${limits.total} ms`
  return limit === null
    ? undefined
    : `not sent again, as a pause of ${Math.ceil(pause)} ms would pass ${limit}`
}

function withNote(error: unknown, note: string): unknown {
  const isOurs = error instanceof HttpConnectionError || error instanceof HttpTimeoutError
  return isOurs ? error.withNote(note) : error
}

/** Whether the body is still there to be sent a second time. */
function canRepeat({ body }: Call): boolean {
  return body === null || typeof body === "string" || body instanceof Uint8Array
}

/** Bytes of a body that a policy is shown. */
const SHOWN = 4_096

/** Whether the policy, which may look at the answer, wants it repeated; a body that breaks off says nothing. */
async function isWorthIt({ when }: CheckedPolicy, exchange: Exchange): Promise<boolean> {
  if (when === null) return true
  const body = await exchange.beginning(SHOWN).catch((error: unknown) => {
    const isBroken = error instanceof HttpConnectionError
    if (isBroken || (error instanceof HttpTimeoutError && error.phase !== "total")) return new Uint8Array()
    throw error
  })
  try {
    return when({ status: exchange.status, body: Buffer.from(body).toString("utf8") })
  } catch (error) {
    exchange.close("its policy failed")
    await exchange.untilGone()
    throw error
  }
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
async function inLine<T>(call: Call, tries: Tries, wait: (options: WaitOptions) => Promise<T>): Promise<T> {
  const { method, target, limits, signal, deadline } = call
  const left = deadline - clock.now()
  try {
    return await wait({ signal, timeout: left === Infinity ? undefined : Math.max(0, left) })
  } catch (error) {
    if (!(error instanceof TimeoutError) || error === signal?.reason) throw error
    const attempts = attemptsOf(tries)
    const details = { method, url: target.shown, attempts, requestSent: attempts + tries.hops > 0 }
    throw new HttpTimeoutError({ ...details, phase: "total", limit: limits.total })
  }
}
