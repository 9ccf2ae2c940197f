// The lines of a file that a run wrote, whole or torn, packed or not; nothing is mended.
//
// For whoever only looks, perhaps while the run goes on: a line that is half written is no line, and what is behind a
// torn part of a compressed file cannot be read. Both are told, and neither is an error.

import { open, type FileHandle } from "node:fs/promises"
import { gzipMembers, isGzip } from "./gzip-members.ts"
import { inflated } from "./input-source.ts"
import { fileChunks, readLines, type Line } from "./read-lines.ts"

/**
 * Reads such a file, block by block.
 *
 * **Cancellation.** Between two blocks; the file is closed.
 *
 * @param told - Hears of what could not be read, in a few words.
 * @throws {Error} If there is no such file, or it may not be read.
 */
export async function* savedLines(
  path: string,
  told: (problem: string) => void,
): AsyncGenerator<readonly Line[]> {
  const file = await open(path, "r")
  try {
    const { buffer: head, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
    if (bytesRead < 2 || !isGzip(head)) yield* readLines(file)
    else yield* packedLines(file, path, told)
  } finally {
    await file.close()
  }
}

async function* packedLines(
  file: FileHandle,
  path: string,
  told: (problem: string) => void,
): AsyncGenerator<readonly Line[]> {
  const { size } = await file.stat()
  let end = 0
  for await (const member of gzipMembers(file, 0)) {
    end = member.end
    yield* readLines([member.text])
  }
  if (end === size) return
  if (end > 0) {
    told(`the last ${size - end} bytes are torn`)
    return
  }
  try {
    yield* readLines(inflated(copied(file), path))
  } catch (error) {
    if (!(error instanceof Error) || !/damaged|unexpected end/.test(error.message)) throw error
    told("it is damaged, and was read up to there")
  }
}

/** zlib reads ahead, so it gets bytes of its own. */
async function* copied(file: FileHandle): AsyncGenerator<Buffer> {
  for await (const chunk of fileChunks(file, 0)) yield Buffer.from(chunk)
}
