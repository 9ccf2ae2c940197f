// Options of a batch, checked and completed.
//
// Done once, before any file is touched. A bad option ends here with its name and what it got, and never as a
// strange number in the middle of a run.

import type { BatchOptions } from "./batch-options.ts"
import { BatchRefusedError } from "./batch-refused-error.ts"
import type { BatchSettings } from "./batch-settings.ts"
import { parseBaseUrl } from "./join-url.ts"
import { PromptTemplate } from "./prompt-template.ts"

/**
 * Checks options and fills in the defaults.
 *
 * @throws {BatchRefusedError} With reason "option", naming the option and what it got.
 */
export function resolveOptions(options: BatchOptions): BatchSettings {
  const { prompt: template, ...rest } = options
  return {
    input: path("input", rest.input),
    output: path("output", rest.output),
    errors: errorsPath(rest.output),
    baseUrl: parseBaseUrl(rest.baseUrl),
    apiKey: key(rest.apiKey),
    concurrency: integer("concurrency", rest.concurrency ?? 32, 1),
    rpm: rest.rpm === undefined ? null : positive("rpm", rest.rpm),
    retries: integer("retries", rest.retries ?? 5, 0),
    timeout: positive("timeout", rest.timeout ?? 600_000),
    retryFailed: rest.retryFailed ?? false,
    signal: rest.signal,
    defaults: {
      template: template === undefined ? undefined : new PromptTemplate(template),
      model: rest.model,
      maxTokens: rest.maxTokens === undefined ? undefined : integer("maxTokens", rest.maxTokens, 1),
      endpoint: rest.endpoint,
    },
  }
}

/** Where the failures of an output file go. */
export function errorsPath(output: string): string {
  return output.endsWith(".jsonl")
    ? `${output.slice(0, -".jsonl".length)}.errors.jsonl`
    : `${output}.errors.jsonl`
}

function path(name: string, value: string): string {
  if (value === "" || value.includes("\0")) throw refused(name, "a path", value)
  return value
}

function integer(name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) throw refused(name, `an integer from ${least} up`, value)
  return value
}

function positive(name: string, value: number): number {
  if (!(value > 0 && Number.isFinite(value))) throw refused(name, "a number above 0", value)
  return value
}

/** A header cannot carry line breaks or control characters; the text itself is never shown. */
function key(value: string | undefined): string | null {
  const text = value?.trim() ?? ""
  if (text === "") return null
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new BatchRefusedError("option", "Cannot use the API key: it has characters a header cannot carry")
  }
  return text
}

function refused(name: string, expected: string, value: unknown): BatchRefusedError {
  const got = `${String(value)}\` (${typeof value})`
  return new BatchRefusedError("option", `Expected \`${name}\` to be ${expected}, got \`${got}`)
}
