// Headers of one attempt.
//
// The key goes to the host of the base URL and nowhere else, whatever a line of the input says. The id is the
// same whenever the same request is sent for the same time, so it can be looked for in the server's log.

import type { BatchSettings } from "./batch-settings.ts"
import { requestUrl } from "./join-url.ts"
import { recordId } from "./output-record.ts"
import type { RequestItem } from "./request-line.ts"

/** The version of Anthropic's interface that its batch lines are written for. */
const anthropicVersion = "2023-06-01"

/** Headers of one attempt, the key in plain text. */
export function requestHeaders(
  settings: BatchSettings,
  item: RequestItem,
  attempt: number,
): Record<string, string> {
  const isAnthropic = item.path.endsWith("/messages")
  const headers: Record<string, string> = {
    accept: item.streaming === "none" ? "application/json" : "text/event-stream",
  }
  if (item.body !== null) headers["content-type"] = "application/json"
  if (isAnthropic) headers["anthropic-version"] = anthropicVersion
  if (item.hints !== null) Object.assign(headers, item.hints.headers)
  addKey(headers, settings, item, isAnthropic)
  headers["x-client-request-id"] = `${recordId(item)}-${attempt}`
  return headers
}

function addKey(
  headers: Record<string, string>,
  { apiKey, auth, baseUrl }: BatchSettings,
  { path }: RequestItem,
  isAnthropic: boolean,
): void {
  if (apiKey === null) return
  if (/^https?:/i.test(path) && new URL(requestUrl(baseUrl, path)).origin !== baseUrl.origin) return
  const way = auth ?? (isAnthropic ? "x-api-key" : "bearer")
  if (way === "bearer") headers["authorization"] = `Bearer ${apiKey.reveal()}`
  else headers[way] = apiKey.reveal()
}
