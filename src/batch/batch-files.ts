// Where a run writes: answers, failures and metrics, in order if that is wanted.
//
// The settler hands over a record and whether it is good; which file, stream or line that means is decided
// here. Without a file for failures they stand among the answers. What must stay true: what was handed over
// is safe, or on its way there, when `close` begins, and safe or reported when it ends.

import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { BatchSettings } from "./batch-settings.ts"
import { onDisk } from "./check-output.ts"
import { EarlyRecords } from "./early-records.ts"
import { openLines } from "./open-lines.ts"
import { OrderedSink } from "./ordered-sink.ts"
import { OutputFile } from "./output-file.ts"
import { StreamSink, type RecordSink } from "./record-sink.ts"
import { SentJournal } from "./sent-journal.ts"

/** The open files of a run. */
export class BatchFiles {
  readonly #output: RecordSink
  /** The same as `#output` if failures stand among the answers. */
  readonly #errors: RecordSink
  readonly #metrics: OutputFile | null
  /** Notes what is sent; null if nobody wants to know. */
  readonly sent: SentJournal | null
  readonly #ordered: OrderedSink | null
  readonly #early: EarlyRecords | null
  /** Folder for early records of a stream; removed at the end. */
  readonly #folder: string | null

  private constructor(parts: {
    readonly output: RecordSink
    readonly errors: RecordSink
    readonly metrics: OutputFile | null
    readonly sent: SentJournal | null
    readonly ordered: OrderedSink | null
    readonly early: EarlyRecords | null
    readonly folder: string | null
  }) {
    this.#output = parts.output
    this.#errors = parts.errors
    this.#metrics = parts.metrics
    this.sent = parts.sent
    this.#ordered = parts.ordered
    this.#early = parts.early
    this.#folder = parts.folder
  }

  /**
   * @param old - Early records of earlier runs with this output.
   * @throws {BatchRefusedError} If a file cannot be written.
   */
  static async open(settings: BatchSettings, old: EarlyRecords | null): Promise<BatchFiles> {
    const { output: place, errors: errorsPath, metrics: metricsPath, sent: sentPath, durability } = settings
    const output = typeof place === "string" ? new OutputFile(place, { durability }) : new StreamSink(place)
    const name = typeof place === "string" ? place : "the output stream"
    await onDisk(name, () => output.open())
    let metrics: OutputFile | null = null
    let sent: SentJournal | null = null
    try {
      // Metrics that were lost with the machine cost nobody anything.
      if (metricsPath !== null) metrics = await onDisk(metricsPath, () => openLines(metricsPath, "none"))
      if (sentPath !== null && settings.journalSent)
        sent = await onDisk(sentPath, () => SentJournal.open(sentPath, durability))
    } catch (error) {
      await metrics?.close().catch(() => {})
      await output.close().catch(() => {})
      throw error
    }
    const errors = errorsPath === null ? output : new OutputFile(errorsPath, { durability })
    const isSafe = typeof place === "string"
    const folder = settings.ordered && !isSafe ? await mkdtemp(join(tmpdir(), "tsyncio-")) : null
    const early = folder === null ? old : new EarlyRecords(join(folder, "records"), "flush")
    const ordered = settings.ordered && early !== null ? new OrderedSink(output, early, isSafe) : null
    return new BatchFiles({ output, errors, metrics, sent, ordered, early, folder })
  }

  /**
   * Writes a record.
   *
   * @param number - Place of the line among all that have a record in this run, counted from 0.
   * @returns When it is safe.
   */
  async write(number: number, isGood: boolean, line: string): Promise<void> {
    const toOutput = isGood || this.#errors === this.#output
    if (!toOutput) await this.#errors.append(line)
    if (this.#ordered !== null) await this.#ordered.put(number, toOutput ? line : null)
    else if (toOutput) await this.#output.append(line)
  }

  /** Has an early record of an earlier run go on when its turn comes. */
  writeOld(number: number, place: number): void {
    this.#ordered?.putOld(number, place)
  }

  /** Whether metrics go to a file of their own. */
  get hasMetrics(): boolean {
    return this.#metrics !== null
  }

  async measure(text: string): Promise<void> {
    await this.#metrics?.append(`${text}\n`)
  }

  /**
   * Closes all, also if one of them fails.
   *
   * @param isDone - Whether every line has its record.
   * @throws The first failure.
   */
  async close(isDone: boolean): Promise<void> {
    const steps = [
      () => this.#ordered?.close(this.#folder !== null),
      () => this.#output.close(),
      () => this.#early?.close(),
      () => this.#errors.close(),
      () => this.#metrics?.close(),
      () => this.sent?.close(isDone),
      () => (this.#folder === null ? undefined : rm(this.#folder, { recursive: true, force: true })),
    ]
    const failures: unknown[] = []
    for (const step of steps) {
      await Promise.resolve()
        .then(step)
        .catch((error: unknown) => failures.push(error))
    }
    if (failures.length > 0) throw failures[0]
  }
}
