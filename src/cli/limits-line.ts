// The first line of a run: which limits are in force, defaults included.
//
// Whoever starts a run that spends money should see what bounds it without reading the manual. Values nobody
// gave are marked as defaults, so a mistyped option is noticed here.

import { dollarText } from "../base/dollar-text.ts"
import type { BatchSettings, ModelBounds } from "../batch/index.ts"
import { numberText } from "./number-text.ts"

/**
 * The first line.
 *
 * @param given - Names of the options that were on the command line.
 * @param key - Where the key comes from, or null if there is none.
 */
export function limitsLine(settings: BatchSettings, given: ReadonlySet<string>, key: string | null): string {
  const { concurrency, retries, timeout } = settings
  const { first, most } = concurrency
  const mark = (name: string): string => (given.has(name) ? "" : " (default)")
  const limits = [
    `${first === most ? "" : `${numberText(first)} to `}${numberText(most)} at once${mark("concurrency")}`,
    ...minuteTexts(settings),
    ...[...settings.models].map(
      ([model, bounds]) => `${model}: ${minuteTexts(bounds, "no limit").join(" and ")}`,
    ),
    ...(settings.maxCost === null ? [] : [`${dollarText(settings.maxCost)} in this run`]),
    ...(settings.maxTokens === null ? [] : [`${numberText(settings.maxTokens)} tokens in this run`]),
    `${numberText(retries)} retries${mark("retries")}`,
    `${numberText(timeout)} ms per attempt${mark("timeout")}`,
    ...(settings.defaults.model === null || !given.has("model") ? [] : [`model ${settings.defaults.model}`]),
    key === null ? "no key" : `key from ${key}`,
  ]
  return `limits: ${limits.join(", ")}`
}

function minuteTexts(bounds: ModelBounds, none: string = "no limit per minute (default)"): string[] {
  const { rpm, tpm, inputTpm, outputTpm } = bounds
  const texts = (
    [
      [rpm, "requests"],
      [tpm, "tokens"],
      [inputTpm, "input tokens"],
      [outputTpm, "output tokens"],
    ] as const
  ).flatMap(([limit, what]) => (limit === null ? [] : [`${numberText(limit)} ${what} per minute`]))
  return texts.length === 0 ? [none] : texts
}
