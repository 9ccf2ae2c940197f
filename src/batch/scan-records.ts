// The records an earlier run left in a file, read at the start of the next; what is no whole record is set aside.
//
// A run that was killed may have written half a line; a machine that lost its power may have left zeros, garbage,
// or a block that stands there twice, and whole lines behind them. Whatever is no record, and each record that the
// reader knows already, is moved to `<file>.torn`: nothing is thrown away, and the file again holds whole records
// only. A complete record that lacks only its newline gets one. A file without a record of ours, such as other JSON or
// a text, is somebody else's, and the run refuses to add to it.

import { open, rename, rm, type FileHandle } from "node:fs/promises"
import { BatchRefusedError } from "./batch-refused-error.ts"
import { gzipMembers, isGzip, isGzipName, isTornMember } from "./gzip-members.ts"
import { inflated } from "./input-source.ts"
import { addToTorn, moveToTorn } from "./move-to-torn.ts"
import { OutputFile, syncFolder } from "./output-file.ts"
import { readRecord, type OutputRecord } from "./output-record.ts"
import { fileChunks, readLines, type Line } from "./read-lines.ts"

/** What becomes of a record: it stays, it is taken out, or it is moved to `<file>.torn`. */
export type Verdict = "keep" | "drop" | "aside"

/** Broken lines a file of ours may have; one with more is somebody else's. */
const mostBroken = 1000

/** What was found in a file, lines counted from 0. */
interface Found {
  /** Lines that do not stay. */
  readonly out: Map<number, "drop" | "aside">
  /** Lines that are no records. */
  readonly broken: Line[]
  last: Line | null
  /** Whether a record was written by us. */
  isOurs: boolean
  /** Offset behind the last whole member of a compressed file. */
  end: number
}

/**
 * Calls `visit` for each record of a file, and mends the file.
 *
 * @param isOurs - Whether it is known to be a file of ours, whatever stands in it.
 * @returns How many bytes were moved to `<path>.torn`; 0 also if there is no such file.
 * @throws {BatchRefusedError} If the file is not ours.
 */
export async function scanRecords(
  path: string,
  visit: (record: OutputRecord, line: Line) => Verdict,
  isOurs: boolean = false,
): Promise<number> {
  const file = await openExisting(path)
  if (file === null) return 0
  try {
    const found: Found = { out: new Map(), broken: [], last: null, isOurs, end: 0 }
    let number = 0
    for await (const block of linesIn(file, path, found)) {
      for (const line of block) look(path, line, number++, found, visit)
    }
    return isGzipName(path) ? await mendMembers(file, path, found) : await mend(file, path, found)
  } finally {
    await file.close()
  }
}

function look(
  path: string,
  line: Line,
  number: number,
  found: Found,
  visit: (record: OutputRecord, line: Line) => Verdict,
): void {
  found.last = line
  if (line.text.trim() === "" && line.problem === null) return
  const record = line.problem === null ? readRecord(line.text) : null
  if (record === null) {
    const isForeign = !found.isOurs && line.ended && isObject(line)
    if (isForeign || isGzipName(path) || found.broken.length === mostBroken) throw notOurs(path, line)
    found.broken.push(line)
    found.out.set(number, "aside")
    return
  }
  found.isOurs ||= record.request !== null
  const verdict = visit(record, line)
  if (verdict !== "keep") found.out.set(number, verdict)
}

/** The lines of a file, unpacked. */
async function* linesIn(
  file: FileHandle,
  path: string,
  found: Pick<Found, "end" | "isOurs">,
): AsyncGenerator<readonly Line[]> {
  if (!isGzipName(path)) {
    yield* readLines(file)
    return
  }
  const { size } = await file.stat()
  for await (const member of gzipMembers(file, 0)) {
    found.end = member.end
    yield* readLines([member.text])
  }
  if (found.end === size) return
  const rest = await restOf(file, found.end, size)
  const isKnown = found.isOurs || found.end > 0
  if (isTornMember(rest) || (isKnown && !isGzip(rest))) return
  if (isKnown || !isGzip(rest)) throw notOurs(path, null)
  found.end = size
  yield* readLines(inflated(copied(file), path))
}

async function restOf(file: FileHandle, from: number, size: number): Promise<Buffer> {
  const rest = Buffer.alloc(Math.min(64, size - from))
  await file.read(rest, 0, rest.length, from)
  return rest
}

async function* copied(file: FileHandle): AsyncGenerator<Buffer> {
  for await (const chunk of fileChunks(file, 0)) yield Buffer.from(chunk)
}

/** A compressed file: whole members are whole records, and what is behind the last of them is torn. */
async function mendMembers(file: FileHandle, path: string, found: Found): Promise<number> {
  const { size } = await file.stat()
  const torn = found.end < size ? await moveToTorn(file, path, found.end) : 0
  return torn + (found.out.size === 0 ? 0 : await rewrite(file, path, found))
}

async function mend(file: FileHandle, path: string, found: Found): Promise<number> {
  const { out, broken, last, isOurs } = found
  const [first] = broken
  if (first !== undefined && !isOurs && (first !== last || isStranger(first))) throw notOurs(path, first)
  if (first !== undefined && first === last && out.size === 1)
    return await moveToTorn(file, path, first.start)
  if (out.size > 0) return await rewrite(file, path, found)
  if (last !== null && !last.ended) {
    await file.write("\n", last.end)
    await file.sync()
  }
  return 0
}

/** Whether the only line of a file, which is no record, was never going to be one of ours. */
function isStranger({ number, ended, text }: Line): boolean {
  return number === 1 && (ended || !/^[{\0]/.test(text))
}

function isObject({ text, problem }: Line): boolean {
  if (problem !== null) return false
  try {
    return typeof JSON.parse(text) === "object"
  } catch {
    return false
  }
}

/** Writes the file anew without what is out; a crash leaves the old file or the new one. */
async function rewrite(file: FileHandle, path: string, { out }: Found): Promise<number> {
  const temporary = `${path}.tmp`
  await rm(temporary, { force: true })
  const kept = new OutputFile(temporary, { gzip: isGzipName(path), durability: "none" })
  const aside: Buffer[] = []
  try {
    let number = 0
    for await (const block of linesIn(file, path, { end: 0, isOurs: true })) {
      for (const line of block) {
        const verdict = out.get(number++) ?? "keep"
        if (verdict === "keep") await kept.append(`${line.text}\n`)
        else if (verdict === "aside") aside.push(await bytesOf(file, path, line))
      }
    }
  } finally {
    await kept.close()
  }
  await syncFile(temporary)
  if (aside.length > 0) await addToTorn(path, aside)
  if (kept.statistics().lines === 0) await rm(path)
  else await rename(temporary, path)
  await syncFolder(path)
  return aside.reduce((sum, { length }) => sum + length, 0)
}

async function syncFile(path: string): Promise<void> {
  const file = await openExisting(path)
  if (file === null) return
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A line as it stands, also where it is no text. */
async function bytesOf(file: FileHandle, path: string, { start, end, text }: Line): Promise<Buffer> {
  if (isGzipName(path)) return Buffer.from(`${text}\n`)
  const bytes = Buffer.alloc(end - start)
  await file.read(bytes, 0, bytes.length, start)
  return bytes
}

async function openExisting(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, "r+")
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined
    if (code === "ENOENT") return null
    if (code === "EISDIR") throw new BatchRefusedError("output", `Cannot write to ${path}: it is a folder`)
    if (code === "EACCES" || code === "EPERM") {
      throw new BatchRefusedError("output", `Cannot write to ${path}: no permission`)
    }
    throw error
  }
}

function notOurs(path: string, line: Line | null): BatchRefusedError {
  const what = line === null ? "it is not" : `line ${line.number} is not`
  const wanted = line === null ? "a gzip file that can be continued" : "a batch output record"
  return new BatchRefusedError(
    "output",
    `Cannot continue ${path}: ${what} ${wanted}; name another output file`,
  )
}
