// Files of lines that are notes and no records: metrics, and the journal of what was sent.
//
// What an earlier run, or a machine that lost its power, left half-written at their end is cut off, so that whole lines
// follow whole lines. Unlike records they are nobody's answers: what is cut off is gone.

import { open, type FileHandle } from "node:fs/promises"
import { gzipMembers, isGzipName } from "./gzip-members.ts"
import { OutputFile, type Durability } from "./output-file.ts"
import { fileChunks, readLines, type Line } from "./read-lines.ts"

/** Bytes at the end that are looked at: what was written lately. */
const looked = 4 * 1024 * 1024

/** Opens such a file, its last line whole. @throws {Error} If it cannot be written. */
export async function openLines(path: string, durability: Durability): Promise<OutputFile> {
  await cutTornTail(path)
  const file = new OutputFile(path, { durability })
  await file.open()
  return file
}

async function cutTornTail(path: string): Promise<void> {
  const file = await open(path, "r+").catch(() => null)
  if (file === null) return
  try {
    const { size } = await file.stat()
    let whole = 0
    if (isGzipName(path)) for await (const { end } of gzipMembers(file, 0)) whole = end
    else whole = await endOfWholeLines(file, size)
    if (whole < size) await file.truncate(whole)
  } finally {
    await file.close()
  }
}

async function endOfWholeLines(file: FileHandle, size: number): Promise<number> {
  const offset = Math.max(0, size - looked)
  for await (const block of readLines(fileChunks(file, offset), { from: { offset, linesBefore: 0 } })) {
    for (const line of block) {
      // The first may have begun before.
      if (offset > 0 && line.start === offset) continue
      if (!line.ended || !isJson(line)) return line.start
    }
  }
  return size
}

function isJson({ text, problem }: Line): boolean {
  if (problem !== null) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
