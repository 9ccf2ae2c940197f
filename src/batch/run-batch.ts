// A batch, from its options to its summary.
//
// The order of things is what makes it safe: check the options, take the lock, mend and read what earlier runs
// left, compare it with the input, and only then open the network. Each line goes through one slot of `map`:
// sent, judged, written, and given out when its record is durable. There are more slots than permits to send,
// so neither a disk that syncs nor a request that waits to be repeated leaves a connection idle; both numbers
// are fixed, so memory grows with the concurrency and not with the file.

import { stat } from "node:fs/promises"
import { map } from "../combine/index.ts"
import { clock } from "../core/lowlevel.ts"
import { HttpClient } from "../http/index.ts"
import { askedBefore, placeOf } from "./asked-before.ts"
import type { BatchEvent, BatchResult, StopReason } from "./batch-event.ts"
import type { BatchOptions } from "./batch-options.ts"
import { BatchRefusedError } from "./batch-refused-error.ts"
import type { BatchSettings } from "./batch-settings.ts"
import { BatchStatistics, type BatchSnapshot, type BatchSummary } from "./batch-statistics.ts"
import { BatchFiles } from "./batch-files.ts"
import { paceOf, type BatchPace } from "./batch-pace.ts"
import type { RunFlow } from "./bottleneck.ts"
import { checkOutput, onDisk } from "./check-output.ts"
import { EarlyRecords } from "./early-records.ts"
import { FingerprintTable } from "./fingerprint-table.ts"
import { InputReader } from "./input-reader.ts"
import { LineSettler } from "./line-settler.ts"
import { LockFile } from "./lock-file.ts"
import { modelLanes } from "./model-lanes.ts"
import { RequestSender } from "./request-sender.ts"
import { readSettled, type Settled } from "./settled.ts"
import { resolveOptions } from "./resolve-options.ts"
import { RunBrake } from "./run-brake.ts"

/**
 * Sends every line of a JSONL file as a request, and writes the answers to another.
 *
 * The whole of the command `tsyncio batch`: bounded, rate-limited, repeated where that helps, and continued where
 * an earlier run with the same output ended. Nothing happens before the run is iterated. For a few requests that
 * are at hand as values, prefer `map` with an `HttpClient`.
 *
 * **Cancellation.** Requests on their way are aborted and leave no record, answers that came are written, the
 * files are closed; then the CancelledError passes on, and `summary` is set. Leaving the loop early does the same.
 * **Fairness.** Lines are begun in the order of the file; results come as they are settled.
 * **Pitfall.** A request is not sent again once its answer is durable; one that was on its way when the process
 * died is, and may be billed twice.
 *
 * @returns A run to iterate once. `finish()` iterates it for you.
 * @throws {BatchRefusedError} When iterated, if the batch cannot begin.
 *
 * @example From a file to a file
 * ```ts no-run
 * const run = runBatch({ input: "in.jsonl", output: "out.jsonl", baseUrl: "http://localhost:8080" })
 * for await (const result of run) console.log(result.customId, result.status)
 * console.log(run.summary?.succeeded)
 * ```
 */
export function runBatch(options: BatchOptions): BatchRun {
  return new BatchRun(options)
}

/**
 * A batch that can be iterated once. Made by {@link runBatch}.
 *
 * **Cancellation.** As {@link runBatch}: `finish()` iterates, and both pass the error on when the files are closed.
 */
export class BatchRun implements AsyncIterable<BatchResult> {
  readonly #options: BatchOptions
  readonly #statistics: BatchStatistics = new BatchStatistics()
  /** Null until the run has ended, in whatever way, and for ever if it was refused. */
  #summary: BatchSummary | null = null
  /** Set when the iteration begins; a second one is refused. */
  #begun = false
  /** Where the lines are; null while nothing is sent. */
  #flow: (() => RunFlow) | null = null

  constructor(options: BatchOptions) {
    this.#options = options
  }

  /** The closing report; null while the run goes on, and if it could not begin. */
  get summary(): BatchSummary | null {
    return this.#summary
  }

  /** The counts at this moment. */
  snapshot(): BatchSnapshot {
    return this.#statistics.snapshot()
  }

  /** What the run waits for at this moment, and how much of each limit is used; null before it sends and after it ended. */
  pace(): BatchPace | null {
    const flow = this.#flow?.() ?? null
    return flow === null ? null : paceOf(flow, this.#statistics, clock.now())
  }

  /** Iterates the run to its end. @returns The closing report. */
  async finish(): Promise<BatchSummary> {
    for await (const _ of this);
    if (this.#summary === null) throw new TypeError("Cannot finish batch: it has no summary")
    return this.#summary
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<BatchResult, void, undefined> {
    if (this.#begun) throw new TypeError("Cannot iterate batch: it was iterated before")
    this.#begun = true
    const settings = resolveOptions(this.#options)
    settings.signal?.throwIfAborted()
    const input = await InputReader.open(settings.input, settings.defaults, settings.acceptChanged)
    try {
      await checkOutput(settings)
      if (settings.strict) await checkStrictly(input)
      const { output } = settings
      const lock = typeof output === "string" ? await onDisk(output, () => LockFile.acquire(output)) : null
      try {
        yield* this.#runLocked(settings, input)
      } finally {
        await lock?.release()
      }
    } finally {
      await input.close()
    }
  }

  async *#runLocked(
    settings: BatchSettings,
    input: InputReader,
  ): AsyncGenerator<BatchResult, void, undefined> {
    const emit = (event: BatchEvent): void => this.#options.onEvent?.(event)
    const early =
      typeof settings.output === "string" ? new EarlyRecords(settings.output, settings.durability) : null
    const { table, files, counted, ...earlier } = await this.#prepare(settings, input, early).catch(
      async (error: unknown) => {
        await early?.close()
        throw error
      },
    )
    const statistics = this.#statistics
    using brake = new RunBrake((reason, message) => emit({ type: "stop", reason, message }), settings.signal)
    const { most: connections } = settings.concurrency
    const client = new HttpClient({ connections, retries: 0, redirect: "manual" })
    let completed = false
    try {
      emit({ type: "begin", settings, ...earlier })
      const sender = new RequestSender({ settings, client, statistics, brake, emit, journal: files.sent })
      const settler = new LineSettler({ settings, sender, files, statistics, brake })
      this.#flow = () => ({ ...sender.flow(), writing: settler.writing })
      const work = input.work(table, statistics, brake)
      const lines = modelLanes(work, input.isRepeatable ? sender : null, brake)
      const slots = { concurrency: sender.slots, ordered: false }
      for await (const result of map(lines, ({ line, number }) => settler.settle(line, number), slots)) {
        if (result !== null) yield result
      }
      settings.signal?.throwIfAborted()
      brake.inputEnded()
      completed = true
    } finally {
      statistics.end()
      this.#flow = null
      await Promise.allSettled([client.close(), counted])
      const closing = files.close(completed && brake.stopped === null)
      await closing.catch(() => {})
      this.#summary = await this.#summarise(settings, input, brake.stopped, completed)
      // A failure of the run itself says more than what closing came to after it.
      if (completed) await closing
    }
  }

  /** What comes before anything is sent: what earlier runs left, the input compared with it, files that can be written. */
  async #prepare(settings: BatchSettings, input: InputReader, early: EarlyRecords | null): Promise<Prepared> {
    const { places, ...earlier } = await settledBefore(settings, early)
    const { table } = earlier
    const statistics = this.#statistics
    if (table.size > 0) await input.checkUnchanged({ table, places }, statistics)
    // A large input is counted beside its first requests, which do not wait for it.
    const counting = countInto(input, statistics, table)
    // What is wrong with the input shows when it is read for its requests.
    const counted = counting.catch(() => {})
    if (input.isSmall) await counting
    const asked = settings.metrics === null ? null : await askedBefore(settings.metrics)
    const movedFrom = asked === placeOf(settings.baseUrl) ? null : asked
    return { ...earlier, movedFrom, counted, files: await BatchFiles.open(settings, early) }
  }

  async #summarise(
    settings: BatchSettings,
    input: InputReader,
    stopped: { readonly reason: StopReason; readonly message: string } | null,
    completed: boolean,
  ): Promise<BatchSummary> {
    const unread = completed && stopped === null ? 0 : await input.countFrom(this.#statistics.bytesRead)
    const interrupted = !completed && stopped === null
    const { output, metrics } = settings
    const files = {
      output: typeof output === "string" ? output : null,
      errors: await ifThere(settings.errors),
      metrics,
    }
    return this.#statistics.summary(unread, { stopped, interrupted, files })
  }
}

/** A run that can begin. */
interface Prepared extends Omit<Settled, "places"> {
  readonly files: BatchFiles
  /** What {@link askedBefore} says, if it is another place. */
  readonly movedFrom: string | null
  /** When the lines of the input have been counted. */
  readonly counted: Promise<void>
}

/** What earlier runs settled: nothing, for an output that keeps nothing. */
async function settledBefore(settings: BatchSettings, early: EarlyRecords | null): Promise<Settled> {
  const { output, errors } = settings
  if (typeof output === "string" && early !== null)
    return await readSettled(output, errors ?? output, early, settings)
  const table = new FingerprintTable()
  return { table, places: new Map(), answered: 0, failed: 0, reopened: 0, unknown: 0, tornBytes: 0 }
}

/** @throws {BatchRefusedError} With the first line that is no request. */
async function checkStrictly(input: InputReader): Promise<void> {
  if (!input.isRepeatable)
    throw new BatchRefusedError("option", "Cannot check the input first: it is read only once")
  for await (const { item } of input.items()) {
    if (item?.kind !== "invalid") continue
    const where = `${input.name}: line ${item.line} is no request`
    throw new BatchRefusedError("input", `Cannot use ${where}, and --strict is on: ${item.message}`)
  }
}

/** Counts the lines for the bar, and makes room for their ids in one go. */
async function countInto(
  input: InputReader,
  statistics: BatchStatistics,
  table: FingerprintTable,
): Promise<void> {
  const total = await input.countAll()
  statistics.total = total
  table.reserve(total ?? 0)
}

async function ifThere(path: string | null): Promise<string | null> {
  return path !== null && (await stat(path).catch(() => null)) !== null ? path : null
}
