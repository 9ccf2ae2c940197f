// Batches, from their input file to their output file.
//
//   status      | meaning                                 | leaves by
//   validating  | the input is looked at                  | -> in_progress, failed, cancelling
//   in_progress | lines are answered, one after the other | -> finalizing, cancelling
//   finalizing  | output and error file are written       | -> completed
//   cancelling  | the line on hand is finished            | -> cancelled, with what was answered
//   completed, failed, cancelled                          | -
//
// Each is a task of the server and ends with it. What must stay true: each line is in exactly one of the
// two files, or in none when the batch was cancelled before it.
import { clock } from "../core/lowlevel.ts"
import { checkpoint, sleep } from "../time/index.ts"
import type { MockBatchError } from "./mock-batch-line.ts"
import { answerLine, isFaulty, readBatchInput } from "./mock-batch-line.ts"
import type { MockFate } from "./mock-fate.ts"
import type { MockFiles } from "./mock-files.ts"
import type { MockSettings } from "./mock-options.ts"
import { promptHash } from "./hash-text.ts"
import { promptText } from "./mock-request.ts"
import type { MockStatistics } from "./mock-statistics.ts"

/** What a batch needs of its server. */
export interface MockBatchWorld {
  readonly settings: MockSettings
  readonly statistics: MockStatistics
  readonly files: MockFiles
  readonly drawFate: () => MockFate
}

type Status =
  "validating" | "in_progress" | "finalizing" | "completed" | "failed" | "cancelling" | "cancelled"

const DAY = 86_400

/** One batch; its fields are sent as they stand here. */
export class MockBatch {
  readonly id: string
  readonly object = "batch"
  readonly endpoint: string
  readonly input_file_id: string
  readonly completion_window = "24h"
  readonly metadata: unknown
  readonly created_at: number = seconds()
  readonly expires_at: number = this.created_at + DAY
  readonly request_counts: { total: number; completed: number; failed: number } = {
    total: 0,
    completed: 0,
    failed: 0,
  }
  status: Status = "validating"
  output_file_id: string | null = null
  error_file_id: string | null = null
  errors: { object: "list"; data: readonly MockBatchError[] } | null = null
  /** When each status was reached, by the name of its field. */
  readonly #moments: Record<string, number> = {}

  constructor(id: string, endpoint: string, input: string, metadata: unknown) {
    this.id = id
    this.endpoint = endpoint
    this.input_file_id = input
    this.metadata = metadata ?? null
  }

  /** Asks it to stop; too late when its files are being written. */
  cancel(): void {
    if (this.status === "validating" || this.status === "in_progress") this.become("cancelling")
  }

  toJSON(): object {
    return Object.assign({}, this, this.#moments)
  }

  become(status: Status): void {
    this.status = status
    if (status !== "validating") this.#moments[`${status}_at`] = seconds()
  }
}

function seconds(): number {
  return Math.floor(clock.wallTime() / 1_000)
}

/** Takes a batch from its input to its end. */
export async function runMockBatch(batch: MockBatch, text: string, world: MockBatchWorld): Promise<void> {
  const { batchTime } = world.settings
  const isCancelling = (): boolean => batch.status === "cancelling"
  await sleep(batchTime / 10)
  const input = readBatchInput(text, batch.endpoint)
  if (isFaulty(input)) {
    batch.errors = { object: "list", data: input }
    return batch.become("failed")
  }
  batch.request_counts.total = input.length
  if (!isCancelling()) batch.become("in_progress")
  const output: string[] = []
  const errors: string[] = []
  for (const [index, line] of input.entries()) {
    if (isCancelling()) break
    if (batchTime > 0) await sleep((batchTime * 0.8) / input.length)
    else await checkpoint()
    const { status, body, request } = answerLine(
      line,
      batch.endpoint,
      world.settings.models,
      world.drawFate() !== "answer",
    )
    const ids = `"id":"${batch.id}_req_${index + 1}","custom_id":${JSON.stringify(line.customId)}`
    const record = `{${ids},"response":{"status_code":${status},"request_id":"${batch.id}_${index + 1}","body":${body}},"error":null}\n`
    if (request === null) errors.push(record)
    else output.push(record)
    batch.request_counts[request === null ? "failed" : "completed"] += 1
    if (request !== null) world.statistics.prompt(promptHash(promptText(request))).answered += 1
  }
  const isCut = isCancelling()
  if (!isCut) batch.become("finalizing")
  await sleep(batchTime / 10)
  const keep = (records: readonly string[], kind: "output" | "error"): string | null =>
    records.length === 0
      ? null
      : world.files.add(`${batch.id}_${kind}.jsonl`, "batch_output", records.join("")).id
  batch.output_file_id = keep(output, "output")
  batch.error_file_id = keep(errors, "error")
  batch.become(isCut ? "cancelled" : "completed")
}
