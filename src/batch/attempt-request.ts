// One attempt on the wire: a request sent, an answer read and understood as far as decisions need it.
//
// Nothing is repeated and nothing is counted here. What must stay true: the key does not get past this file,
// also not in the words of a server that repeats it.

import { clock } from "../core/lowlevel.ts"
import { retryAfter, type HttpClient, type HttpHeaders } from "../http/index.ts"
import type { BatchSettings } from "./batch-settings.ts"
import { requestUrl } from "./join-url.ts"
import { classifyAnswer, classifyError, type Answer, type Outcome } from "./outcome.ts"
import { requestHeaders } from "./request-headers.ts"
import type { RequestItem } from "./request-line.ts"

/** An answer as it came. */
export interface ReceivedAnswer extends Answer {
  readonly requestId: string | null
  readonly text: string
  readonly headers: Pick<HttpHeaders, "get">
}

/** How an attempt ended. */
export interface Attempt {
  readonly outcome: Outcome
  /** Null without an answer. */
  readonly answer: ReceivedAnswer | null
  /** Whether the server can have seen it. */
  readonly isSent: boolean
  /** Time of the attempt in ms. */
  readonly latency: number
  /** The error of an attempt without an answer. */
  readonly message: string
}

/**
 * Sends a request once.
 *
 * **Cancellation.** The request is aborted, its socket closed, before the error arrives.
 *
 * @throws What is no failure of the network: a cancel, the reason of the signal, a bug.
 */
export async function attemptRequest(
  client: Pick<HttpClient, "request">,
  settings: BatchSettings,
  item: RequestItem,
  attempt: number,
): Promise<Attempt> {
  const begun = clock.now()
  try {
    const answer = await exchange(client, settings, item, attempt)
    const latency = clock.now() - begun
    return { outcome: classifyAnswer(answer), answer, isSent: true, latency, message: "" }
  } catch (error) {
    const outcome = classifyError(error)
    if (outcome === null) throw error
    const isSent = !(error instanceof Error && "requestSent" in error && error.requestSent === false)
    const message = hidden(settings, error instanceof Error ? error.message : String(error))
    return { outcome, answer: null, isSent, latency: clock.now() - begun, message }
  }
}

async function exchange(
  client: Pick<HttpClient, "request">,
  settings: BatchSettings,
  item: RequestItem,
  attempt: number,
): Promise<ReceivedAnswer> {
  const response = await client.request(item.method, requestUrl(settings.baseUrl, item.path), {
    headers: requestHeaders(settings, item, attempt),
    ...(item.body === null ? {} : { body: item.body }),
    timeout: { attempt: item.hints?.timeout ?? settings.timeout, total: Infinity },
    retries: 0,
    signal: settings.signal,
  })
  const text = hidden(settings, await response.text())
  const { headers, status } = response
  return {
    status,
    text,
    headers,
    body: parseJson(text),
    retryAfter: retryAfter(headers),
    shouldRetry: shouldRetry(headers.get("x-should-retry")),
    requestId: headers.get("x-request-id") ?? headers.get("request-id"),
  }
}

function hidden({ apiKey }: BatchSettings, text: string): string {
  return apiKey === null ? text : apiKey.hideIn(text)
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
