// One line, from its slot to its durable record.
//
// Sending, judging and writing meet here and nowhere else. A line is counted when its record is on the disk and
// not before, so the counts never run ahead of the files. The wait for the disk is not a library wait: a cancel
// that comes meanwhile is delivered later, and an answer that was paid for is kept.

import type { BatchResult } from "./batch-event.ts"
import type { BatchStatistics } from "./batch-statistics.ts"
import { readErrorBody } from "./error-body.ts"
import type { OutputFile } from "./output-file.ts"
import { answerLine, bodyForRecord, failureLine, invalidLineRecord } from "./output-record.ts"
import type { InvalidLine, RequestItem } from "./request-line.ts"
import type { RequestSender, SendOutcome } from "./request-sender.ts"
import type { RunBrake } from "./run-brake.ts"
import { readUsage } from "./token-usage.ts"

/** What a settled line needs. */
export interface SettlerParts {
  readonly sender: RequestSender
  readonly output: OutputFile
  readonly errors: OutputFile
  readonly statistics: BatchStatistics
  readonly brake: RunBrake
}

/** Takes a line from its slot to its durable record. */
export class LineSettler {
  readonly #parts: SettlerParts

  constructor(parts: SettlerParts) {
    this.#parts = parts
  }

  /** @returns The result, durable and counted; null if the run stopped before there was one. */
  async settle(item: RequestItem | InvalidLine): Promise<BatchResult | null> {
    if (item.kind === "invalid") return await this.#settleInvalid(item)
    const sent = await this.#parts.sender.send(item)
    return sent === null ? null : await this.#settleSent(item, sent)
  }

  async #settleInvalid(item: InvalidLine): Promise<BatchResult> {
    const { line, customId, message } = item
    await this.#parts.errors.append(invalidLineRecord(line, customId, message))
    const result: BatchResult = {
      customId,
      line,
      status: "invalid",
      httpStatus: null,
      body: undefined,
      cause: "invalid_input",
      message,
      attempts: 0,
      latency: 0,
    }
    this.#parts.statistics.settle(result, null)
    return result
  }

  async #settleSent(item: RequestItem, sent: SendOutcome): Promise<BatchResult | null> {
    const { final, answer, attempts, latency } = sent
    if (!this.#judge(sent)) return null
    const done = final.kind === "done"
    const file = done ? this.#parts.output : this.#parts.errors
    await file.append(recordOf(item, sent))
    const result: BatchResult = {
      customId: item.customId,
      line: item.line,
      status: done ? "succeeded" : "failed",
      httpStatus: answer?.status ?? null,
      body: answer?.body,
      cause: done ? null : final.cause,
      message: done ? null : messageOf(sent),
      attempts,
      latency,
    }
    this.#parts.statistics.settle(result, readUsage(answer?.body))
    return result
  }

  /** Tells the brake. @returns Whether the item gets a record: not if the server was never reached. */
  #judge(sent: SendOutcome): boolean {
    const { brake } = this.#parts
    const { final } = sent
    if (final.kind === "done") brake.succeeded()
    else if (final.kind === "refused") brake.refused(final.cause)
    else if (final.kind === "money") brake.outOfMoney(final.cause)
    else if (final.kind === "retry" && final.code === "connection_error") brake.unreachable(sent.message)
    return brake.stopped?.reason !== "unreachable" || final.kind === "done"
  }
}

/** What the server said, or the network. */
function messageOf({ answer, message }: SendOutcome): string {
  if (answer === null) return message
  return readErrorBody(answer.body).message || `the answer has status ${answer.status}`
}

function recordOf(item: RequestItem, sent: SendOutcome): string {
  const { final, answer, message } = sent
  const code = final.kind === "retry" ? final.code : null
  if (answer === null) return failureLine(item, code ?? "connection_error", message)
  if (code === "invalid_response") {
    return failureLine(item, code, `the answer with status ${answer.status} has a body that is not JSON`)
  }
  const { status, requestId, text, body } = answer
  return answerLine(item, { status, requestId, body: bodyForRecord(text, body) })
}
