// Options of a batch, checked and completed.
//
// Done once, before any file is touched. A bad option ends here with its name and what it got, and never as a
// strange number in the middle of a run.

import type { BatchOptions, MinuteLimits } from "./batch-options.ts"
import { BatchRefusedError } from "./batch-refused-error.ts"
import type { BatchSettings, ModelBounds } from "./batch-settings.ts"
import { parseBaseUrl } from "./join-url.ts"
import type { Durability } from "./output-file.ts"
import { anthropicFormat, openaiFormat } from "./output-record.ts"
import { PromptTemplate } from "./prompt-template.ts"
import type { RequestDefaults } from "./request-line.ts"
import { checkPrices } from "./read-prices.ts"
import { Secret } from "./secret.ts"

/** Requests on their way at once while nobody says how many. */
const foundConcurrency = { first: 20, most: 100 }

/**
 * Checks options and fills in the defaults.
 *
 * @throws {BatchRefusedError} With reason "option", naming the option and what it got.
 */
export function resolveOptions(options: BatchOptions): BatchSettings {
  const { input, output, errors, metrics, concurrency } = options
  const isFile = typeof output === "string"
  if (!isFile && options.retryFailed === true) {
    throw new BatchRefusedError("option", "Cannot ask failures again: a stream keeps no record of them")
  }
  if (!isFile && options.journalSent === true) {
    throw new BatchRefusedError(
      "option",
      "Cannot note what is sent: there is no output file to put the notes beside",
    )
  }
  if (typeof input !== "string" && options.strict === true) {
    throw new BatchRefusedError("option", "Cannot check the input first: a stream is read only once")
  }
  const most = concurrency === undefined ? null : integer("concurrency", concurrency, 1)
  return {
    input: typeof input === "string" ? path("input", input) : input,
    output: isFile ? path("output", output) : output,
    errors: errors === undefined ? (isFile ? besidePath(output, "errors") : null) : path("errors", errors),
    metrics: metricsPath(output, metrics),
    inlineMetrics: metrics === "inline",
    format:
      oneOf("format", options.format ?? "openai", ["openai", "anthropic"]) === "openai"
        ? openaiFormat
        : anthropicFormat,
    ordered: options.ordered ?? false,
    baseUrl: parseBaseUrl(options.baseUrl),
    apiKey: key(options.apiKey),
    auth:
      options.auth === undefined
        ? null
        : oneOf<NonNullable<BatchOptions["auth"]>>("auth", options.auth, ["bearer", "x-api-key", "api-key"]),
    concurrency: most === null ? foundConcurrency : { first: most, most },
    ...bounds("", options),
    models: new Map(
      Object.entries(options.models ?? {}).map(([name, limits]) => [name, bounds(`models.${name}.`, limits)]),
    ),
    burst: positive("burst", options.burst ?? 1000),
    maxCost: options.maxCost === undefined ? null : positive("maxCost", options.maxCost),
    maxTokens: options.maxTokens === undefined ? null : integer("maxTokens", options.maxTokens, 1),
    prices: options.prices === undefined ? [] : checkPrices(options.prices, "option `prices`"),
    learnLimits: options.learnLimits ?? true,
    retries: integer("retries", options.retries ?? 5, 0),
    maxRetryAfter: positive("maxRetryAfter", options.maxRetryAfter ?? 600_000),
    retryAfterSend: options.retryAfterSend ?? true,
    timeout: positive("timeout", options.timeout ?? 600_000),
    firstTokenTimeout: positive("firstTokenTimeout", options.firstTokenTimeout ?? 120_000),
    idleTimeout: positive("idleTimeout", options.idleTimeout ?? 60_000),
    strict: options.strict ?? false,
    durability: oneOf<Durability>("durability", options.durability ?? "fsync", ["fsync", "flush", "none"]),
    acceptChanged: options.acceptChanged ?? false,
    sent: isFile ? besidePath(output, "sent").replace(/\.gz$/, "") : null,
    journalSent: options.journalSent ?? false,
    retryFailed: options.retryFailed ?? false,
    signal: options.signal,
    defaults: requestDefaults(options),
  }
}

/** What of the options says how lines are read. */
export function requestDefaults(
  options: Pick<
    BatchOptions,
    "prompt" | "model" | "maxOutputTokens" | "endpoint" | "absoluteUrls" | "stream"
  >,
): RequestDefaults {
  const { prompt, model, maxOutputTokens, endpoint, absoluteUrls, stream } = options
  return {
    template: prompt === undefined ? undefined : new PromptTemplate(prompt),
    model,
    maxOutputTokens:
      maxOutputTokens === undefined ? undefined : integer("maxOutputTokens", maxOutputTokens, 1),
    endpoint,
    absoluteUrls,
    stream,
  }
}

/** `out.jsonl` to `out.errors.jsonl`, `out.jsonl.gz` to `out.errors.jsonl.gz`. */
export function besidePath(output: string, what: string): string {
  const [, stem = output, ending = ""] = /^(.*?)(\.jsonl(?:\.gz)?|\.gz)$/s.exec(output) ?? []
  return ending === "" ? `${output}.${what}.jsonl` : `${stem}.${what}${ending}`
}

function metricsPath(output: BatchOptions["output"], metrics: BatchOptions["metrics"]): string | null {
  if (metrics === false || metrics === "inline") return null
  if (metrics !== undefined) return path("metrics", metrics)
  return typeof output === "string" ? besidePath(output, "metrics") : null
}

function bounds(prefix: string, { rpm, tpm, inputTpm, outputTpm }: MinuteLimits): ModelBounds {
  const bound = (name: string, value: number | undefined): number | null =>
    value === undefined ? null : positive(`${prefix}${name}`, value)
  return {
    rpm: bound("rpm", rpm),
    tpm: bound("tpm", tpm),
    inputTpm: bound("inputTpm", inputTpm),
    outputTpm: bound("outputTpm", outputTpm),
  }
}

function path(name: string, value: string): string {
  if (value === "" || value.includes("\0")) throw refused(name, "a path", value)
  return value
}

function oneOf<T extends string>(name: string, value: T, words: readonly T[]): T {
  if (!words.includes(value)) throw refused(name, `one of ${words.join(", ")}`, value)
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
function key(value: string | undefined): Secret | null {
  const text = value?.trim() ?? ""
  if (text === "") return null
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new BatchRefusedError("option", "Cannot use the API key: it has characters a header cannot carry")
  }
  return new Secret(text)
}

function refused(name: string, expected: string, value: unknown): BatchRefusedError {
  const got = `${String(value)}\` (${typeof value})`
  return new BatchRefusedError("option", `Expected \`${name}\` to be ${expected}, got \`${got}`)
}
