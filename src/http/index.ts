/**
 * HTTP for many requests at once, over undici.
 *
 * Read http-client, sender, exchange; then what they use: retry-policy, redirect, connection-pool,
 * connector; last fetch-all.
 *
 * @module
 */
export type { EventsOptions } from "./http-client.ts"
export { HttpClient } from "./http-client.ts"
export type { FetchAllOptions, FetchOutcome, FetchRequest } from "./fetch-all.ts"
export { fetchAll } from "./fetch-all.ts"
export type { HttpClientOptions, HttpRequestOptions } from "./client-options.ts"
export type { HttpErrorDetails, HttpPhase, HttpTimeoutPhase } from "./errors.ts"
export {
  EventStreamError,
  HttpClientClosedError,
  HttpConnectionError,
  HttpRedirectError,
  HttpStatusError,
  HttpTimeoutError,
} from "./errors.ts"
export type { ServerSentEvent } from "./event-reader.ts"
export { EventReader } from "./event-reader.ts"
export type { ExchangeBody } from "./exchange.ts"
export { HttpHeaders } from "./http-headers.ts"
export type { RawHeaders } from "./http-headers.ts"
export { HttpResponse } from "./http-response.ts"
export type { HttpStatistics } from "./connection-pool.ts"
export type { RedirectMode } from "./redirect.ts"
export { redactHeaders, redactUrl } from "./redact.ts"
export type { HeadersInput } from "./default-headers.ts"
export type { HeaderSource } from "./retry-after.ts"
export { retryAfter } from "./retry-after.ts"
export type { HttpRetryPolicy, RefusedAnswer } from "./retry-policy.ts"
export type { Query, QueryValue } from "./target.ts"
export type { TimeLimits } from "./time-limits.ts"
