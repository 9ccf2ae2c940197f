// The first request of a batch, shown and not sent.
//
// For `--dry-run`: it is built by the same functions as the real one, so what is shown is what would go out, key
// hidden. The output is looked at as a run would; no file is made and none is locked.

import { redactHeaders } from "../http/index.ts"
import type { BatchOptions } from "./batch-options.ts"
import { BatchRefusedError } from "./batch-refused-error.ts"
import { checkOutput } from "./check-output.ts"
import { InputReader } from "./input-reader.ts"
import { requestUrl } from "./join-url.ts"
import { resolveOptions } from "./resolve-options.ts"
import { sentBody } from "./streaming.ts"
import { requestHeaders } from "./request-headers.ts"

/** A request as it would be sent, with its secrets hidden. */
export interface BatchPreview {
  readonly line: number
  readonly customId: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON text, or null. */
  readonly body: string | null
}

/**
 * Builds the first request of a batch without sending anything.
 *
 * A look through the window of {@link runBatch}: the same options, the same headers and body, no key to be seen.
 *
 * **Cancellation.** Between two chunks of the input; nothing is left behind.
 *
 * @throws {BatchRefusedError} If the options or the input cannot be used, or no line is a request.
 */
export async function previewBatch(options: BatchOptions): Promise<BatchPreview> {
  const settings = resolveOptions(options)
  await checkOutput(settings)
  const input = await InputReader.open(settings.input, settings.defaults)
  try {
    const item = await input.first()
    if (item === null)
      throw new BatchRefusedError("input", `Cannot show a request of ${input.name}: it is empty`)
    if (item.kind === "invalid") {
      const why = `line ${item.line}: ${item.message}`
      throw new BatchRefusedError("input", `Cannot show a request of ${input.name}: no line is one; ${why}`)
    }
    const { line, customId, method, path, streaming } = item
    const { host } = settings.baseUrl
    const body = item.body === null ? null : sentBody(item.body, streaming, { path, host, countTokens: true })
    const headers = redactHeaders(requestHeaders(settings, item, 1))
    return { line, customId, method, url: requestUrl(settings.baseUrl, path), headers, body }
  } finally {
    await input.close()
  }
}
