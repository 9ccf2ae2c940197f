// What OpenAI's hosted batches take, which is less than we do.
//
// A hosted service fails the whole file for one bad line, hours later; so it is worth to know before. The rules
// are those of the service and have no other use here: nothing in a run of ours depends on them.

import type { Line } from "./read-lines.ts"
import type { RequestItem } from "./request-line.ts"

const endpoints = new Set(
  [
    "responses",
    "chat/completions",
    "embeddings",
    "completions",
    "moderations",
    "images/generations",
    "images/edits",
    "videos",
  ].map((name) => `/v1/${name}`),
)
const fields = new Set(["custom_id", "method", "url", "body"])
const most = { requests: 50_000, bytes: 200_000_000, inputs: 50_000 }

/** Checks the lines of one file, in order. */
export class OpenaiRules {
  #requests = 0
  /** Inputs of embeddings, those of one request being one or many. */
  #inputs = 0
  /** Set by the first request: the others must have the same. */
  #model: string | null = null
  #url: string | null = null

  /** What is wrong with a blank line. */
  readonly blank: string = "a blank line: hosted batches refuse it"

  /** What is wrong with a line that is a request, each in a sentence. */
  line(line: Line, item: RequestItem): string[] {
    const faults: string[] = []
    const given = JSON.parse(line.text) as Readonly<Record<string, unknown>>
    for (const name of Object.keys(given)) if (!fields.has(name)) faults.push(`there is no field \`${name}\``)
    if (!("body" in given)) return [...faults, "`custom_id`, `method`, `url` and `body` are needed"]
    if (given["method"] !== "POST") faults.push("`method` must be POST")
    if (!endpoints.has(item.path)) faults.push(`\`url\` must be one of ${[...endpoints].join(", ")}`)
    if (item.path !== (this.#url ??= item.path))
      faults.push(`\`url\` differs from ${this.#url} of the first request`)
    if (item.streaming === "own") faults.push("`body.stream` must not be true")
    const model = (given["body"] as { model?: unknown } | null)?.model
    if (typeof model !== "string" && item.path !== "/v1/moderations") faults.push("`body.model` is missing")
    if (typeof model === "string" && model !== (this.#model ??= model))
      faults.push(`\`body.model\` differs from ${this.#model} of the first request`)
    if (++this.#requests === most.requests + 1)
      faults.push(`a file may have at most ${most.requests} requests`)
    if (item.path === "/v1/embeddings") this.#countInputs(given["body"], faults)
    return faults
  }

  /** What is wrong with a file of that size, or null. */
  size(bytes: number): string | null {
    return bytes > most.bytes ? `the file has ${bytes} bytes, at most ${most.bytes} are allowed` : null
  }

  #countInputs(body: unknown, faults: string[]): void {
    const input = (body as { input?: unknown } | null)?.input
    const before = this.#inputs
    this.#inputs += Array.isArray(input) ? input.length : 1
    if (before <= most.inputs && this.#inputs > most.inputs)
      faults.push(`a file may have at most ${most.inputs} inputs of embeddings`)
  }
}
