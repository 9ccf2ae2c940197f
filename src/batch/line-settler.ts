// One line, from its slot to its safe record.
//
// Sending, judging and writing meet here and nowhere else. A line is counted when its record is on the disk and
// not before, so the counts never run ahead of the files. The wait for the disk is not a library wait: a cancel
// that comes meanwhile is delivered later, and an answer that was paid for is kept.

import { serverProblem, type LlmUsage } from "../llm/index.ts"
import { placeOf } from "./asked-before.ts"
import type { ReceivedAnswer } from "./attempt-request.ts"
import type { AttemptNote, BatchResult } from "./batch-event.ts"
import type { BatchFiles } from "./batch-files.ts"
import type { BatchSettings } from "./batch-settings.ts"
import type { BatchStatistics } from "./batch-statistics.ts"
import type { EarlyLine } from "./input-reader.ts"
import { metricsText } from "./metrics-text.ts"
import { bodyForRecord, type FailureCode } from "./output-record.ts"
import type { InvalidLine, RequestItem } from "./request-line.ts"
import type { RequestSender, SendOutcome } from "./request-sender.ts"
import type { RunBrake } from "./run-brake.ts"
import type { Charge } from "./spending.ts"

/** What a settled line needs. */
export interface SettlerParts {
  readonly settings: Pick<BatchSettings, "format" | "inlineMetrics" | "baseUrl">
  readonly sender: Pick<RequestSender, "send">
  readonly files: Pick<BatchFiles, "write" | "writeOld" | "measure" | "hasMetrics">
  readonly statistics: BatchStatistics
  readonly brake: RunBrake
}

/** What metrics are made of, beside the result. */
interface Measured {
  readonly item: RequestItem | null
  readonly attempts: readonly AttemptNote[]
  readonly usage: LlmUsage | null
  /** Whether a part of the cost is a guess. */
  readonly isEstimated: boolean
}

/** Takes a line from its slot to its safe record. */
export class LineSettler {
  readonly #parts: SettlerParts
  /** Lines whose answer is there and whose record is not safe yet. */
  #writing = 0
  /** Told with the first line of metrics, and then no more. */
  #place: string | undefined

  constructor(parts: SettlerParts) {
    this.#parts = parts
    this.#place = placeOf(parts.settings.baseUrl)
  }

  get writing(): number {
    return this.#writing
  }

  /**
   * @param number - Place of the line among those that are given here, counted from 0.
   * @returns The result, safe and counted; null if there is none: the run stopped, or another run had it.
   */
  async settle(line: RequestItem | InvalidLine | EarlyLine, number: number): Promise<BatchResult | null> {
    if (line.kind === "early") {
      this.#parts.files.writeOld(number, line.place)
      return null
    }
    if (line.kind === "invalid") return await this.#settleInvalid(line, number)
    const sent = await this.#parts.sender.send(line)
    if (sent === null) return null
    this.#writing++
    try {
      return await this.#settleSent(line, sent, number)
    } finally {
      this.#writing--
    }
  }

  async #settleInvalid(item: InvalidLine, number: number): Promise<BatchResult> {
    const { line, customId, message } = item
    await this.#parts.files.write(number, false, this.#parts.settings.format.invalid(line, customId, message))
    const result: BatchResult = {
      customId,
      line,
      status: "invalid",
      httpStatus: null,
      body: undefined,
      cause: "invalid_input",
      code: "invalid_input",
      message,
      attempts: 0,
      latency: 0,
      timing: null,
      cost: null,
      model: "",
      usage: null,
      history: [],
    }
    return await this.#count(result, { item: null, attempts: [], usage: null, isEstimated: false })
  }

  async #settleSent(item: RequestItem, sent: SendOutcome, number: number): Promise<BatchResult | null> {
    const { final, last, attempts, charges } = sent
    if (!this.#judge(sent)) return null
    const isGood = final.kind === "done"
    const usage = last?.answer?.usage ?? null
    const result: BatchResult = {
      customId: item.customId,
      line: item.line,
      status: isGood ? "succeeded" : "failed",
      httpStatus: last?.answer?.status ?? null,
      body: last?.answer?.body,
      cause: "cause" in final ? final.cause : null,
      code: isGood ? null : codeOf(recordedOf(sent)),
      message: isGood ? null : messageOf(sent),
      attempts: attempts.length,
      latency: last?.latency ?? 0,
      timing: last?.answer?.timing ?? null,
      cost: sumOf(charges),
      model: item.model,
      usage,
      history: attempts,
    }
    const isEstimated = charges.some((charge) => charge.isEstimated)
    const measured = { item, attempts, usage, isEstimated }
    const run = this.#parts.settings.inlineMetrics ? metricsText(result, measured, false) : null
    await this.#parts.files.write(number, isGood, this.#recordOf(item, sent, run))
    return await this.#count(result, measured)
  }

  async #count(result: BatchResult, measured: Measured): Promise<BatchResult> {
    const { files, statistics } = this.#parts
    statistics.settle(result, measured.usage)
    if (!files.hasMetrics) return result
    const text = metricsText(result, { ...measured, place: this.#place }, true)
    this.#place = undefined
    await files.measure(text)
    return result
  }

  /** Tells the brake. @returns Whether the item gets a record: not if the server was never reached. */
  #judge({ final, last }: SendOutcome): boolean {
    const { brake } = this.#parts
    if (final.kind === "done") brake.succeeded()
    else if (final.kind === "refused") brake.refused(final.cause)
    else if (final.kind === "money") brake.outOfMoney(final.cause)
    else if (final.kind === "retry" && final.code === "connection_error")
      brake.unreachable(last?.message ?? "")
    return brake.stopped?.reason !== "unreachable" || final.kind === "done"
  }

  #recordOf(item: RequestItem, sent: SendOutcome, run: string | null): string {
    const { format } = this.#parts.settings
    const recorded = recordedOf(sent)
    if ("code" in recorded) return format.failure(item, recorded.code, recorded.message, run)
    const { status, requestId, text, body } = recorded
    return format.answer(item, { status, requestId, body: bodyForRecord(text, body), parsed: body }, run)
  }
}

/** What the record tells: the answer, or why there is none. */
function recordedOf({ final, last }: SendOutcome): ReceivedAnswer | { code: FailureCode; message: string } {
  if (final.kind === "unsent") return { code: final.cause, message: final.message }
  const code = final.kind === "retry" ? final.code : null
  const answer = last?.answer ?? null
  if (answer === null) return { code: code ?? "connection_error", message: last?.message ?? "" }
  if (code !== "invalid_response") return answer
  return { code, message: `the answer with status ${answer.status} has a body that is not JSON` }
}

function codeOf(recorded: ReturnType<typeof recordedOf>): string {
  return "code" in recorded ? recorded.code : `HTTP ${recorded.status}`
}

/** Null if one of them is not known, or there is none. */
function sumOf(charges: readonly Charge[]): number | null {
  let sum: number | null = charges.length === 0 ? null : 0
  for (const { cost } of charges) sum = sum === null || cost === null ? null : sum + cost
  return sum
}

/** What the server said, or the network. */
function messageOf({ final, last }: SendOutcome): string {
  if (final.kind === "unsent") return final.message
  const answer = last?.answer ?? null
  if (answer === null) return last?.message ?? ""
  return serverProblem(answer.body, "error")?.message || `the answer has status ${answer.status}`
}
