// The records an earlier run left in a file, read at the start of the next; a torn tail is set aside.
//
// A run that was killed may have written half a line. What comes after the last newline and does not parse, or
// a last line that does not parse, is moved to `<file>.torn`: nothing is thrown away, and the file again holds
// whole records only. A complete record that lacks only its newline gets one. A line in the middle that is no
// record means that the file is not ours, and the run refuses to add to it.

import { open, type FileHandle } from "node:fs/promises"
import { BatchRefusedError } from "./batch-refused-error.ts"
import { gzipMembers, isGzip, isGzipName, isTornMember } from "./gzip-members.ts"
import { inflated } from "./input-source.ts"
import { readRecord, type OutputRecord } from "./output-record.ts"
import { syncFolder } from "./output-file.ts"
import { fileChunks, readLines, type Line } from "./read-lines.ts"

/**
 * Calls `visit` for each record of a file, after mending its tail.
 *
 * @returns How many bytes were moved to `<path>.torn`; 0 also if there is no such file.
 * @throws {BatchRefusedError} If a line is no record.
 */
export async function scanRecords(
  path: string,
  visit: (record: OutputRecord, line: Line) => void | Promise<void>,
): Promise<number> {
  const file = await openExisting(path)
  if (file === null) return 0
  try {
    if (isGzipName(path)) return await scanMembers(file, path, visit)
    let bad: Line | null = null
    let last: Line | null = null
    for await (const block of readLines(file)) {
      for (const line of block) {
        last = line
        if (line.text.trim() === "" && line.problem === null) continue
        if (bad !== null) throw notOurs(path, bad)
        const record = line.problem === null ? readRecord(line.text) : null
        if (record === null) bad = line
        else await visit(record, line)
      }
    }
    return await mendTail(file, path, bad, last)
  } finally {
    await file.close()
  }
}

/** A compressed file: whole members are whole records, and what is behind the last of them is torn. */
async function scanMembers(
  file: FileHandle,
  path: string,
  visit: (record: OutputRecord, line: Line) => void | Promise<void>,
): Promise<number> {
  const { size } = await file.stat()
  let end = 0
  for await (const member of gzipMembers(file, 0)) {
    await visitAll(path, [member.text], visit)
    end = member.end
  }
  if (end === size) return 0
  const rest = Buffer.alloc(Math.min(64, size - end))
  await file.read(rest, 0, rest.length, end)
  if (isTornMember(rest)) return await moveToTorn(file, path, end)
  if (end > 0 || !isGzip(rest)) throw notOurs(path, null)
  await visitAll(path, inflated(copied(file), path), visit)
  return 0
}

async function* copied(file: FileHandle): AsyncGenerator<Buffer> {
  for await (const chunk of fileChunks(file, 0)) yield Buffer.from(chunk)
}

async function visitAll(
  path: string,
  chunks: AsyncIterable<Buffer> | readonly Buffer[],
  visit: (record: OutputRecord, line: Line) => void | Promise<void>,
): Promise<void> {
  for await (const block of readLines(chunks)) {
    for (const line of block) {
      if (line.text.trim() === "" && line.problem === null) continue
      const record = line.problem === null ? readRecord(line.text) : null
      if (record === null) throw notOurs(path, line)
      await visit(record, line)
    }
  }
}

async function mendTail(
  file: FileHandle,
  path: string,
  bad: Line | null,
  last: Line | null,
): Promise<number> {
  if (bad !== null) {
    if (isForeign(bad)) throw notOurs(path, bad)
    return await moveToTorn(file, path, bad.start)
  }
  if (last !== null && !last.ended) {
    await file.write("\n", last.end)
    await file.sync()
  }
  return 0
}

/** Whether a last line that is no record was written by somebody else, and not torn off one of ours. */
function isForeign(line: Line): boolean {
  if (line.number === 1 && (line.ended || !/^[{\0]/.test(line.text))) return true
  return line.ended && isJson(line.text)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** Moves what is behind `from` to `<path>.torn`. @returns How much that was. */
export async function moveToTorn(file: FileHandle, path: string, from: number): Promise<number> {
  const { size } = await file.stat()
  const torn = await open(`${path}.torn`, "a", 0o600)
  try {
    const buffer = Buffer.allocUnsafe(64 * 1024)
    for (let position = from; position < size;) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, size - position), position)
      if (bytesRead === 0) break
      await torn.appendFile(buffer.subarray(0, bytesRead))
      position += bytesRead
    }
    await torn.appendFile("\n")
    await torn.sync()
  } finally {
    await torn.close()
  }
  await syncFolder(path)
  await file.truncate(from)
  await file.sync()
  return size - from
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
