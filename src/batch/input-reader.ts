// The input as a stream of work: what is still to be done, in the order of the file.
//
// Blank lines, lines that earlier runs settled, and duplicates are told apart here, before a line takes
// anybody's slot, so going over a million finished lines costs no tasks. It is pulled by whoever has a free
// slot; nothing is read ahead of that but the rest of one chunk.

import { BatchRefusedError } from "./batch-refused-error.ts"
import type { BatchStatistics } from "./batch-statistics.ts"
import { countLines } from "./count-lines.ts"
import { fingerprintHex } from "./fingerprint.ts"
import { type FingerprintTable, mark } from "./fingerprint-table.ts"
import { openSource, type InputSource, type InputStream } from "./input-source.ts"
import { readLines, type Line, type LinePlace } from "./read-lines.ts"
import { parseRequestLine, type InvalidLine, type RequestDefaults, type RequestItem } from "./request-line.ts"
import type { RunBrake } from "./run-brake.ts"
import type { Settled } from "./settled.ts"

/** A line whose answer waits beside the output, where an earlier run in order left it. */
export interface EarlyLine {
  readonly kind: "early"
  readonly place: number
}

const MiB = 1024 * 1024
/** Inputs with up to so much text are counted before the run, so that the bar has a total. */
const countedBeforehand = { file: 64 * MiB, gzip: 16 * MiB }
/** How much of the rest is counted after a run that ended early. */
const countedAfterwards = { file: 512 * MiB, gzip: 128 * MiB }

/** An open input. */
export class InputReader {
  readonly #source: InputSource
  readonly #defaults: RequestDefaults
  /** Whether answers to other requests under the same custom_id stand. */
  readonly #acceptsChanged: boolean
  /** Places of answers that wait for their turn, by the hex of their id. */
  #places: ReadonlyMap<string, number> = new Map()
  /** The first line that may be still to be done; all lines before it are counted as skipped or blank. */
  #begin: LinePlace = { offset: 0, linesBefore: 0 }

  private constructor(source: InputSource, defaults: RequestDefaults, acceptsChanged: boolean) {
    this.#source = source
    this.#defaults = defaults
    this.#acceptsChanged = acceptsChanged
  }

  /**
   * @param acceptsChanged - Let answers to other requests under the same custom_id stand.
   * @throws {BatchRefusedError} If there is no such file, or it cannot be read.
   */
  static async open(
    input: string | InputStream,
    defaults: RequestDefaults,
    acceptsChanged: boolean = false,
  ): Promise<InputReader> {
    return new InputReader(await openSource(input), defaults, acceptsChanged)
  }

  /** For messages. */
  get name(): string {
    return this.#source.name
  }

  /** Whether the input can be read more than once. */
  get isRepeatable(): boolean {
    return this.#source.kind !== "stream"
  }

  /** Whether counting takes no time to speak of. */
  get isSmall(): boolean {
    return this.#source.size <= MiB
  }

  /** Lines that are not blank; null if there is too much to count quickly, or only one reading. */
  async countAll(): Promise<number | null> {
    const { kind, size } = this.#source
    if (kind === "stream" || size > countedBeforehand[kind]) return null
    return await countLines(this.#source.chunks(0), countedBeforehand[kind])
  }

  /** Lines that are not blank from an offset on; null if that cannot be counted quickly. */
  async countFrom(from: number): Promise<number | null> {
    const { kind } = this.#source
    return kind === "stream" ? null : await countLines(this.#source.chunks(from), countedAfterwards[kind])
  }

  /**
   * Looks for requests that were answered under the same custom_id with another body.
   *
   * Stops as soon as every settled id was seen, so it reads little more than what was done. The lines before the
   * first that is still to be done are counted on the way, and `work` begins after them.
   *
   * @throws {BatchRefusedError} With reason "conflict", naming the first line.
   */
  async checkUnchanged(
    { table, places }: Pick<Settled, "table" | "places">,
    statistics: BatchStatistics,
  ): Promise<void> {
    this.#places = places
    if (!this.isRepeatable) return
    let left = table.size
    let isPrefix = true
    for await (const block of readLines(this.#source.chunks(0))) {
      for (const line of block) {
        const item = isBlank(line) ? null : parseRequestLine(line, this.#defaults)
        const isSettled = item !== null && this.#isSettled(item, table)
        isPrefix &&= item === null || (isSettled && places.size === 0)
        if (isPrefix) this.#passOver(item, table, statistics, line)
        if (isSettled && --left === 0) return
      }
    }
  }

  /**
   * What is to be done: requests, and lines that get a record without being sent. Counts the others.
   *
   * @throws {BatchRefusedError} With reason "conflict", from an input that could not be compared before.
   */
  async *work(
    table: FingerprintTable,
    statistics: BatchStatistics,
    brake: Pick<RunBrake, "isSet" | "wait">,
  ): AsyncGenerator<RequestItem | InvalidLine | EarlyLine> {
    const source = this.#source
    const chunks = source.chunks(this.#begin.offset)
    const read = this.isRepeatable ? chunks : untilStopped(chunks, brake)
    for await (const block of readLines(read, { from: this.#begin })) {
      for (const line of block) {
        if (brake.isSet) return
        statistics.bytesRead = line.end
        if (source.size > 0)
          statistics.readShare = (source.kind === "gzip" ? source.taken : line.end) / source.size
        if (isBlank(line)) {
          statistics.blank++
          continue
        }
        statistics.lines++
        const item = parseRequestLine(line, this.#defaults)
        if (!this.isRepeatable) this.#isSettled(item, table)
        const todo = item.kind === "invalid" ? item : this.#sort(item, table, statistics)
        if (todo !== null) yield todo
      }
    }
  }

  /** Every line that is not blank, understood. */
  async *items(): AsyncGenerator<{ readonly line: Line; readonly item: RequestItem | InvalidLine | null }> {
    for await (const block of readLines(this.#source.chunks(0))) {
      for (const line of block)
        yield { line, item: isBlank(line) ? null : parseRequestLine(line, this.#defaults) }
    }
  }

  /** The first request of the input, or what is wrong with every line; null for an empty input. */
  async first(): Promise<RequestItem | InvalidLine | null> {
    let bad: InvalidLine | null = null
    for await (const { item } of this.items()) {
      if (item?.kind === "request") return item
      bad ??= item
    }
    return bad
  }

  async close(): Promise<void> {
    await this.#source.close()
  }

  /** Whether a line was settled by an earlier run and comes for the first time. */
  #isSettled(item: RequestItem | InvalidLine, table: FingerprintTable): boolean {
    if (item.kind === "invalid") return false
    const slot = table.slot(item.id)
    if (table.has(slot, mark.checked)) return false
    table.add(slot, mark.checked)
    if (!table.has(slot, mark.answered | mark.failed)) return false
    const isSame = table.has(slot, mark.foreign) || table.request(slot) === item.request
    if (!isSame && !this.#acceptsChanged) throw conflict(item, table, slot)
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
  ): RequestItem | InvalidLine | EarlyLine | null {
    const slot = table.slot(item.id)
    if (table.has(slot, mark.seen)) {
      const message = `\`custom_id\` ${JSON.stringify(item.customId)} came before in this file`
      return { kind: "invalid", line: item.line, end: item.end, customId: item.customId, message }
    }
    table.add(slot, mark.seen)
    if (!table.has(slot, mark.answered | mark.failed))
      return table.has(slot, mark.sent) ? { ...item, wasSent: true } : item
    statistics.skipped++
    if (table.has(slot, mark.failed)) statistics.skippedFailed++
    const place = table.has(slot, mark.early) ? this.#places.get(fingerprintHex(item.id)) : undefined
    return place === undefined ? null : { kind: "early", place }
  }
}

/** Chunks until the run stops: a stream that is silent must not keep it. */
async function* untilStopped(
  chunks: AsyncGenerator<Buffer>,
  brake: Pick<RunBrake, "wait">,
): AsyncGenerator<Buffer> {
  for (;;) {
    let step: IteratorResult<Buffer, unknown> = { done: true, value: undefined }
    await brake.wait(async () => {
      step = await chunks.next()
    })
    const { done, value } = step as IteratorResult<Buffer, unknown>
    if (done === true) return
    yield value
  }
}

function isBlank({ text, problem }: Line): boolean {
  return problem === null && text.trim() === ""
}

function conflict(item: RequestItem, table: FingerprintTable, slot: number): BatchRefusedError {
  const done = table.has(slot, mark.answered) ? "was answered" : "failed"
  const advice = table.has(slot, mark.answered)
    ? "Name another output file, go back to the input and options of the earlier run, or keep its answers with --accept-changed"
    : "Ask failed requests again with --retry-failed, or name another output file"
  const id = JSON.stringify(item.customId)
  return new BatchRefusedError(
    "conflict",
    `Cannot continue: line ${item.line} (custom_id ${id}) ${done} in an earlier run with another request. ${advice}`,
  )
}
