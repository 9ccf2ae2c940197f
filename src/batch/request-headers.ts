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
  return {
    accept: item.streaming === "none" ? "application/json" : "text/event-stream",
    ...(item.body === null ? {} : { "content-type": "application/json" }),
    ...(isAnthropic ? { "anthropic-version": anthropicVersion } : {}),
    ...item.hints?.headers,
    ...keyHeader(settings, item, isAnthropic),
    "x-client-request-id": `${recordId(item)}-${attempt}`,
  }
}

function keyHeader(settings: BatchSettings, item: RequestItem, isAnthropic: boolean): Record<string, string> {
  const { apiKey, auth, baseUrl } = settings
  if (apiKey === null) return {}
  if (/^https?:/i.test(item.path) && new URL(requestUrl(baseUrl, item.path)).origin !== baseUrl.origin)
    return {}
  const way = auth ?? (isAnthropic ? "x-api-key" : "bearer")
  return way === "bearer" ? { authorization: `Bearer ${apiKey.reveal()}` } : { [way]: apiKey.reveal() }
}
