// An input, read to its end and judged, with nothing sent.
//
// The same reader as in a run decides what a line is, so what is found here is what a run would record. On
// request the rules of hosted batches are added. A file of any size needs the memory of its ids.

import type { BatchOptions } from "./batch-options.ts"
import { FingerprintTable, mark } from "./fingerprint-table.ts"
import { InputReader } from "./input-reader.ts"
import { OpenaiRules } from "./openai-rules.ts"
import type { RequestItem } from "./request-line.ts"
import { requestDefaults } from "./resolve-options.ts"

/** A line and what is wrong with it; line 0 is the file as a whole. */
export interface LineFault {
  readonly line: number
  readonly message: string
}

/** What {@link validateBatch} is told. */
export interface ValidateOptions extends Pick<
  BatchOptions,
  "input" | "prompt" | "model" | "maxOutputTokens" | "endpoint" | "absoluteUrls"
> {
  /** Apply the rules of OpenAI's hosted batches as well. @default false */
  readonly strictOpenai?: boolean | undefined
}

/** What an input holds. */
export interface BatchValidation {
  /** Lines that are not blank. */
  readonly lines: number
  readonly blank: number
  /** Lines that can be sent. */
  readonly requests: number
  /** Faults in all, and the first hundred of them. */
  readonly faults: number
  readonly firstFaults: readonly LineFault[]
  /** What some providers would refuse, and the first hundred of that. */
  readonly warnings: number
  readonly firstWarnings: readonly LineFault[]
  /** Requests by model; "" where none is named. */
  readonly models: Readonly<Record<string, number>>
}

const mostTold = 100
/** Some providers take no longer `custom_id`. */
const longestId = 64

/**
 * Reads an input to its end and tells what is wrong with it.
 *
 * A rehearsal without a server: {@link runBatch} would record the same lines as invalid. For a look at one
 * request as it would be sent, {@link previewBatch}.
 *
 * **Cancellation.** Between two chunks of the input; nothing is left behind.
 *
 * @throws {BatchRefusedError} If the input cannot be read, or an option makes no sense.
 *
 * @example A file for a hosted batch
 * ```ts no-run
 * const { faults, firstFaults } = await validateBatch({ input: "in.jsonl", strictOpenai: true })
 * if (faults > 0) console.error(firstFaults)
 * ```
 */
export async function validateBatch(options: ValidateOptions): Promise<BatchValidation> {
  const input = await InputReader.open(options.input, requestDefaults(options))
  const rules = options.strictOpenai === true ? new OpenaiRules() : null
  const table = new FingerprintTable()
  const faults = new FaultList()
  const warnings = new FaultList()
  const models = new Map<string, number>()
  let [lines, blank, requests, bytes] = [0, 0, 0, 0]
  try {
    for await (const { line, item } of input.items()) {
      bytes = line.end
      if (item === null) {
        blank++
        if (rules !== null) faults.add(line.number, rules.blank)
        continue
      }
      lines++
      if (item.kind === "invalid") {
        faults.add(line.number, item.message)
        continue
      }
      if (isDuplicate(item, table)) {
        faults.add(line.number, `\`custom_id\` ${JSON.stringify(item.customId)} came before in this file`)
        continue
      }
      requests++
      models.set(item.model, (models.get(item.model) ?? 0) + 1)
      if (item.customId.length > longestId)
        warnings.add(line.number, `\`custom_id\` is longer than ${longestId}: some providers refuse it`)
      for (const fault of rules?.line(line, item) ?? []) faults.add(line.number, fault)
    }
  } finally {
    await input.close()
  }
  const tooLarge = rules?.size(bytes) ?? null
  if (tooLarge !== null) faults.add(0, tooLarge)
  return {
    lines,
    blank,
    requests,
    faults: faults.count,
    firstFaults: faults.first,
    warnings: warnings.count,
    firstWarnings: warnings.first,
    models: Object.fromEntries(models),
  }
}

function isDuplicate(item: RequestItem, table: FingerprintTable): boolean {
  const slot = table.slot(item.id)
  if (table.has(slot, mark.seen)) return true
  table.add(slot, mark.seen)
  return false
}

/** Counts all and keeps the first. */
class FaultList {
  readonly first: LineFault[] = []
  count = 0

  add(line: number, message: string): void {
    if (this.count++ < mostTold) this.first.push({ line, message })
  }
}
