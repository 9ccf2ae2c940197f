// A prompt with places to fill in: "Q: {{question}}", "{{turns.0}}".
//
// Any JSONL becomes a batch through one of these. Parsed once, before the first line, so a mistake in
// the template is a usage error and not a million invalid lines. A line that lacks a value the
// template names is an invalid line: an empty place in a prompt is paid for and answered wrongly.

import { BatchRefusedError } from "./batch-refused-error.ts"

/**
 * A prompt template: text with `{{path}}` places, where a path walks into objects and lists by dots.
 *
 * @example Paths into objects and lists
 * ```ts
 * const template = new PromptTemplate("{{turns.0}} ({{meta.lang}})")
 * template.render({ turns: ["Hello"], meta: { lang: "en" } }) // => "Hello (en)"
 * ```
 */
export class PromptTemplate {
  /** As the user wrote it. */
  readonly source: string
  /** Text and paths in turn: even places are literal text, odd places are paths. */
  readonly #parts: readonly (string | readonly string[])[]

  /** @throws {BatchRefusedError} If a place is not closed or its path is empty. */
  constructor(source: string) {
    this.source = source
    this.#parts = parse(source)
  }

  /** The paths the template names, as written. */
  get paths(): string[] {
    return this.#parts.flatMap((part) => (typeof part === "string" ? [] : [part.join(".")]))
  }

  /** @throws {MissingValueError} If the value has nothing at one of the paths. */
  render(value: unknown): string {
    let text = ""
    for (const part of this.#parts) text += typeof part === "string" ? part : textAt(value, part)
    return text
  }
}

/** Thrown by `render` when a line lacks what the template names; becomes an invalid line. */
export class MissingValueError extends Error {
  /** Always this text. */
  readonly code: string = "E_BATCH_MISSING_VALUE"

  constructor(path: readonly string[]) {
    super(`the template names {{${path.join(".")}}}, and the line has no value there`)
    this.name = "MissingValueError"
  }
}

function parse(source: string): (string | string[])[] {
  const parts: (string | string[])[] = []
  let from = 0
  for (let open = source.indexOf("{{"); open !== -1; open = source.indexOf("{{", from)) {
    const close = source.indexOf("}}", open + 2)
    if (close === -1) {
      throw new BatchRefusedError("option", `Cannot use the prompt template: "{{" at ${open} has no "}}"`)
    }
    const path = source.slice(open + 2, close).trim()
    const keys = path.split(".")
    if (keys.some((key) => key === "")) {
      throw new BatchRefusedError(
        "option",
        `Cannot use the prompt template: the path "${path}" has an empty part`,
      )
    }
    parts.push(source.slice(from, open), keys)
    from = close + 2
  }
  parts.push(source.slice(from))
  return parts
}

function textAt(value: unknown, path: readonly string[]): string {
  let here = value
  for (const key of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key))
      throw new MissingValueError(path)
    here = (here as Record<string, unknown>)[key]
  }
  if (here === undefined || here === null) throw new MissingValueError(path)
  return typeof here === "string" ? here : JSON.stringify(here)
}
