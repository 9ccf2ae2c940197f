// The input as a stream of work: what is still to be done, in the order of the file.
//
// Blank lines, lines that earlier runs settled, and duplicates are told apart here, before a line takes
// anybody's slot, so going over a million finished lines costs no tasks. It is pulled by whoever has a free
// slot; nothing is read ahead of that but the rest of one chunk.

import { open, type FileHandle } from "node:fs/promises"
import { BatchRefusedError } from "./batch-refused-error.ts"
import type { BatchStatistics } from "./batch-statistics.ts"
import { countLines } from "./count-lines.ts"
import { type FingerprintTable, mark } from "./fingerprint-table.ts"
import { readLines, type Line, type LinePlace } from "./read-lines.ts"
import { parseRequestLine, type InvalidLine, type RequestDefaults, type RequestItem } from "./request-line.ts"

/** Inputs up to this size are counted before the run, so that the bar has a total. */
const countedBeforehand = 64 * 1024 * 1024
/** How much of the rest is counted after a run that ended early. */
const countedAfterwards = 512 * 1024 * 1024

/** An open input file. */
export class InputReader {
  readonly path: string
  readonly #file: FileHandle
  readonly #defaults: RequestDefaults
  readonly #size: number
  /** The first line that may be still to be done; all lines before it are counted as skipped or blank. */
  #begin: LinePlace = { offset: 0, linesBefore: 0 }

  private constructor(path: string, file: FileHandle, size: number, defaults: RequestDefaults) {
    this.path = path
    this.#file = file
    this.#size = size
    this.#defaults = defaults
  }

  /** @throws {BatchRefusedError} If there is no such file, or it cannot be read. */
  static async open(path: string, defaults: RequestDefaults): Promise<InputReader> {
    const file = await open(path, "r").catch((error: unknown) => {
      throw new BatchRefusedError("input", `Cannot read ${path}: ${reasonOf(error)}`, { cause: error })
    })
    const stat = await file.stat()
    if (!stat.isFile()) {
      await file.close()
      const what = stat.isDirectory() ? "it is a folder" : "it is not a regular file"
      throw new BatchRefusedError("input", `Cannot read ${path}: ${what}`)
    }
    return new InputReader(path, file, stat.size, defaults)
  }

  /** Lines that are not blank; null if the file is too large to count quickly. */
  async countAll(): Promise<number | null> {
    return this.#size > countedBeforehand
      ? null
      : await countLines(this.#file, { maxBytes: countedBeforehand })
  }

  /** Lines that are not blank from an offset on; null if there are too many to count quickly. */
  async countFrom(from: number): Promise<number | null> {
    return await countLines(this.#file, { from, maxBytes: countedAfterwards })
  }

  /**
   * Looks for requests that were answered under the same custom_id with another body.
   *
   * Stops as soon as every settled id was seen, so it reads little more than what was done. The lines before the
   * first that is still to be done are counted on the way, and `work` begins after them.
   *
   * @throws {BatchRefusedError} With reason "conflict", naming the first line.
   */
  async checkUnchanged(table: FingerprintTable, statistics: BatchStatistics): Promise<void> {
    let left = table.size
    let isPrefix = true
    for await (const block of readLines(this.#file)) {
      for (const line of block) {
        const item = isBlank(line) ? null : parseRequestLine(line, this.#defaults)
        const isSettled = item !== null && this.#isSettled(item, table)
        isPrefix &&= item === null || isSettled
        if (isPrefix) this.#passOver(item, table, statistics, line)
        if (isSettled && --left === 0) return
      }
    }
  }

  /** What is to be done: requests, and lines that get a record without being sent. Counts the others. */
  async *work(
    table: FingerprintTable,
    statistics: BatchStatistics,
    isStopped: () => boolean,
  ): AsyncGenerator<RequestItem | InvalidLine> {
    statistics.bytesTotal = this.#size
    for await (const block of readLines(this.#file, { from: this.#begin })) {
      for (const line of block) {
        if (isStopped()) return
        statistics.bytesRead = line.end
        if (isBlank(line)) {
          statistics.blank++
          continue
        }
        statistics.lines++
        const item = parseRequestLine(line, this.#defaults)
        const todo = item.kind === "invalid" ? item : this.#sort(item, table, statistics)
        if (todo !== null) yield todo
      }
    }
  }

  /** The first request of the input, or what is wrong with every line; null for an empty input. */
  async first(): Promise<RequestItem | InvalidLine | null> {
    let bad: InvalidLine | null = null
    for await (const block of readLines(this.#file)) {
      for (const line of block) {
        if (isBlank(line)) continue
        const item = parseRequestLine(line, this.#defaults)
        if (item.kind === "request") return item
        bad ??= item
      }
    }
    return bad
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  /** Whether a line was settled by an earlier run and comes for the first time. */
  #isSettled(item: RequestItem | InvalidLine, table: FingerprintTable): boolean {
    if (item.kind === "invalid") return false
    const slot = table.slot(item.id)
    if (table.has(slot, mark.checked)) return false
    table.add(slot, mark.checked)
    if (!table.has(slot, mark.answered | mark.failed)) return false
    if (!table.has(slot, mark.foreign) && table.request(slot) !== item.request)
      throw conflict(item, table, slot)
    return true
  }

  /** Counts a line, blank or settled, before the first that is still to be done. */
  #passOver(
    item: RequestItem | InvalidLine | null,
    table: FingerprintTable,
    statistics: BatchStatistics,
    line: Line,
  ): void {
    this.#begin = { offset: line.end, linesBefore: line.number }
    statistics.bytesRead = line.end
    if (item?.kind !== "request") statistics.blank++
    else {
      statistics.lines++
      this.#sort(item, table, statistics)
    }
  }

  #sort(
    item: RequestItem,
    table: FingerprintTable,
    statistics: BatchStatistics,
  ): RequestItem | InvalidLine | null {
    const slot = table.slot(item.id)
    if (table.has(slot, mark.seen)) {
      const message = `\`custom_id\` ${JSON.stringify(item.customId)} came before in this file`
      return { kind: "invalid", line: item.line, end: item.end, customId: item.customId, message }
    }
    table.add(slot, mark.seen)
    if (!table.has(slot, mark.answered | mark.failed)) return item
    statistics.skipped++
    if (table.has(slot, mark.failed)) statistics.skippedFailed++
    return null
  }
}

function isBlank({ text, problem }: Line): boolean {
  return problem === null && text.trim() === ""
}

function conflict(item: RequestItem, table: FingerprintTable, slot: number): BatchRefusedError {
  const done = table.has(slot, mark.answered) ? "was answered" : "failed"
  const advice = table.has(slot, mark.answered)
    ? "Name another output file, or go back to the input and options of the earlier run"
    : "Ask failed requests again with --retry-failed, or name another output file"
  const id = JSON.stringify(item.customId)
  return new BatchRefusedError(
    "conflict",
    `Cannot continue: line ${item.line} (custom_id ${id}) ${done} in an earlier run with another request. ${advice}`,
  )
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file"
  if (code === "EACCES" || code === "EPERM") return "no permission"
  return error instanceof Error ? error.message : String(error)
}
