// What a file should not hold, moved to `<file>.torn` beside it.
//
// Half a record may still be worth something to whoever paid for it, so nothing is thrown away. What must stay true:
// the piece is safe in its new place before it leaves the old one; a crash between leaves it in both.

import { open, type FileHandle } from "node:fs/promises"
import { syncFolder } from "./output-file.ts"

/** Adds what was cut out of a file to `<path>.torn`, a newline behind each piece. */
export async function addToTorn(path: string, pieces: readonly Buffer[]): Promise<void> {
  const torn = await open(`${path}.torn`, "a", 0o600)
  try {
    for (const piece of pieces) {
      await torn.appendFile(piece)
      if (piece.at(-1) !== 0x0a) await torn.appendFile("\n")
    }
    await torn.sync()
  } finally {
    await torn.close()
  }
  await syncFolder(path)
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
