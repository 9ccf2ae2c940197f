// What earlier runs with the same output settled, and which of their failures are asked again.
//
// The output file is the journal: an answer in it is never asked for again. A final failure in the errors file
// stays final, with three exceptions, which are taken out of the errors file before the run so that no id ends
// up in both: lines that could not be sent (this run reads them anew), refusals that concern the key or the
// account and not the request (401, 402, 403, no quota), and with `retryFailed` all of them. Taking out is a
// rewrite to a temporary file and a rename, so a crash leaves the old file or the new one.

import { isMoneyProblem, serverProblem } from "../llm/index.ts"
import type { EarlyRecords } from "./early-records.ts"
import { fingerprint, fingerprintHex } from "./fingerprint.ts"
import { FingerprintTable, mark } from "./fingerprint-table.ts"
import { OutputFile } from "./output-file.ts"
import { isAnswer, type OutputRecord } from "./output-record.ts"
import { scanRecords } from "./scan-records.ts"
import { readSent } from "./sent-journal.ts"

/** What a run knows before it reads the input. */
export interface Settled {
  /** Ids that are answered or finally failed. */
  readonly table: FingerprintTable
  /** Answers that wait beside the output for their turn, by the hex of their id. */
  readonly places: ReadonlyMap<string, number>
  /** Answers in the output file, and those that wait for it. */
  readonly answered: number
  /** Failures in the errors file that stay. */
  readonly failed: number
  /** Failures taken out of the errors file, to be asked again. */
  readonly reopened: number
  /** Requests that were sent and have no record; 0 if nobody kept a journal. */
  readonly unknown: number
  /** Bytes of half-written lines moved to `*.torn`. */
  readonly tornBytes: number
}

/**
 * Reads what earlier runs left, mends torn tails, and takes reopened failures out.
 *
 * @param early - Finds records that waited for their turn; without `ordered` they go to the output now.
 */
export async function readSettled(
  output: string,
  errors: string,
  early: EarlyRecords,
  options: { readonly retryFailed: boolean; readonly ordered: boolean; readonly sent: string | null },
): Promise<Settled> {
  const table = new FingerprintTable()
  let answered = 0
  let tornBytes = await scanRecords(output, (record) => {
    // Somebody else may have put failures here; of ours there are none.
    if (!isAnswer(record)) return record.request === null ? "keep" : "aside"
    const isNew = remember(table, record, mark.answered) > 0
    if (isNew) answered++
    return isNew ? "keep" : "aside"
  })
  const { places, torn } = await readEarly(early, table)
  answered += places.size
  tornBytes += torn
  if (!options.ordered) await takeEarly(output, early, places)
  else for (const id of places.keys()) table.add(slotOf(table, id), mark.early)
  let failed = 0
  let reopened = 0
  /** What was asked and answered, and is asked again. */
  const known = new FingerprintTable()
  tornBytes += await scanRecords(
    errors,
    (record) => {
      if (record.errorCode === "invalid_input" || isKnown(table, record, mark.answered)) return "drop"
      if (options.retryFailed || isAboutAccount(record)) {
        reopened++
        known.slot(fingerprint(record.customId))
        return "drop"
      }
      const isNew = remember(table, record, mark.failed) > 0
      if (isNew) failed++
      return isNew ? "keep" : "aside"
    },
    answered > 0,
  )
  let unknown = 0
  if (options.sent !== null) {
    await readSent(options.sent, (customId) => {
      const id = fingerprint(customId)
      const { size } = known
      known.slot(id)
      const slot = table.slot(id)
      if (known.size === size || table.has(slot, mark.answered | mark.failed)) return
      table.add(slot, mark.sent)
      unknown++
    })
  }
  return { table, places, answered, failed, reopened, unknown, tornBytes }
}

/** Records beside the output, by the hex of their id; what stands in the output already is done with. */
async function readEarly(
  early: EarlyRecords,
  table: FingerprintTable,
): Promise<{ readonly places: Map<string, number>; readonly torn: number }> {
  const places = new Map<string, number>()
  const stale: number[] = []
  const torn = await early.findOld((record, place) => {
    if (remember(table, record, mark.answered) === 0) stale.push(place)
    else places.set(fingerprintHex(fingerprint(record.customId)), place)
  })
  for (const place of stale) early.done(place)
  return { places, torn }
}

async function takeEarly(output: string, early: EarlyRecords, places: Map<string, number>): Promise<void> {
  const file = new OutputFile(output)
  try {
    for (const place of places.values()) {
      await file.append(await early.read(place))
      early.done(place)
    }
  } finally {
    await file.close()
  }
  places.clear()
}

function slotOf(table: FingerprintTable, hex: string): number {
  return table.slot({ high: Number.parseInt(hex.slice(0, 8), 16), low: Number.parseInt(hex.slice(8), 16) })
}

/** Whether a refusal concerns the key or the account: another key or a top-up may change it. */
function isAboutAccount(record: OutputRecord): boolean {
  const { status } = record
  if (status === null) return false
  return status === 401 || status === 403 || isMoneyProblem(status, serverProblem(record.body, "error"))
}

function isKnown(table: FingerprintTable, record: OutputRecord, bit: number): boolean {
  return table.has(table.slot(fingerprint(record.customId)), bit)
}

function remember(table: FingerprintTable, record: OutputRecord, bit: number): number {
  const slot = table.slot(fingerprint(record.customId))
  if (table.has(slot, mark.answered | mark.failed)) return 0
  table.add(slot, bit)
  if (record.request === null) table.add(slot, mark.foreign)
  else table.setRequest(slot, record.request)
  return 1
}
