// One attempt on the wire: a request sent, an answer read and understood as far as decisions need it.
//
// Nothing is repeated and nothing is counted here. What must stay true: the key does not get past this file,
// also not in the words of a server that repeats it.

import { clock } from "../core/lowlevel.ts"
import { retryAfter, type HttpClient, type HttpHeaders, type HttpResponse } from "../http/index.ts"
import {
  completionUsage,
  LlmAnswerError,
  readCompletion,
  type LlmUsage,
  type StreamTiming,
} from "../llm/index.ts"
import type { BatchSettings } from "./batch-settings.ts"
import { requestUrl } from "./join-url.ts"
import { classifyAnswer, classifyError, type Answer, type Outcome } from "./outcome.ts"
import { requestHeaders } from "./request-headers.ts"
import type { RequestItem } from "./request-line.ts"
import { sentBody } from "./streaming.ts"

/** An answer as it came. */
export interface ReceivedAnswer extends Answer {
  readonly requestId: string | null
  /** What the server counted; null if it did not. */
  readonly usage: LlmUsage | null
  readonly text: string
  readonly headers: Pick<HttpHeaders, "get">
  /** When its tokens came; null if it did not come as a stream. */
  readonly timing: StreamTiming | null
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
 * @param how.countTokens - Ask for `usage` in a stream.
 * @throws What is no failure of the network: a cancel, the reason of the signal, a bug.
 */
export async function attemptRequest(
  client: Pick<HttpClient, "request">,
  settings: BatchSettings,
  item: RequestItem,
  how: { readonly attempt: number; readonly countTokens: boolean },
): Promise<Attempt> {
  const begun = clock.now()
  try {
    const answer = await exchange(client, settings, item, how)
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
  { attempt, countTokens }: { readonly attempt: number; readonly countTokens: boolean },
): Promise<ReceivedAnswer> {
  const { path, streaming } = item
  const { host } = settings.baseUrl
  const limits = { attempt: item.hints?.timeout ?? settings.timeout, total: Infinity }
  const response = await client.request(item.method, requestUrl(settings.baseUrl, path), {
    headers: requestHeaders(settings, item, attempt),
    ...(item.body === null ? {} : { body: sentBody(item.body, streaming, { path, host, countTokens }) }),
    timeout: streaming === "none" ? limits : { ...limits, headers: settings.firstTokenTimeout },
    retries: 0,
    signal: settings.signal,
  })
  const { headers, status } = response
  const isStream = streaming !== "none" && response.ok
  const said = isStream
    ? await readStream(response, settings, item)
    : { text: await response.text(), body: undefined, timing: null }
  const text = hidden(settings, said.text)
  const body = said.body !== undefined && text === said.text ? said.body : parseJson(text)
  return {
    status,
    text,
    headers,
    timing: said.timing,
    body,
    usage: completionUsage(body),
    retryAfter: retryAfter(headers),
    shouldRetry: shouldRetry(headers.get("x-should-retry")),
    requestId: headers.get("x-request-id") ?? headers.get("request-id"),
  }
}

/** A stream, as the ordinary body; a problem that the server reports inside, as the body of a refusal. */
async function readStream(
  response: HttpResponse,
  { firstTokenTimeout: firstToken, idleTimeout: idle }: BatchSettings,
  { path, choices }: RequestItem,
): Promise<{ readonly text: string; readonly body: unknown; readonly timing: StreamTiming | null }> {
  try {
    const { body, timing } = await readCompletion(response, { path, choices, firstToken, idle })
    return { text: JSON.stringify(body), body, timing: timing.firstToken === null ? null : timing }
  } catch (error) {
    if (!(error instanceof LlmAnswerError) || error.problem === null) throw error
    const { type, code, message } = error.problem
    const body = { error: { message, type, param: null, code } }
    return { text: JSON.stringify(body), body, timing: null }
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
