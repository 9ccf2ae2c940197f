// How many lines that are not blank a file holds.
//
// The bar needs a total before the run and an interrupted run needs one after it; reading lines
// properly would be ten times slower than looking for newlines. It agrees with `readLines` about
// what is blank: nothing but white space between two newlines. It gives up at a byte limit rather
// than make a user wait for a very large file, and says so.

import type { FileHandle } from "node:fs/promises"

const newline = 0x0a

/**
 * Counts the lines that are not blank, from a byte offset to the end.
 *
 * @returns The count, or null if the file goes on beyond `maxBytes`.
 */
export async function countLines(
  file: FileHandle,
  options: { readonly from?: number; readonly maxBytes: number },
): Promise<number | null> {
  const buffer = Buffer.allocUnsafe(256 * 1024)
  const from = options.from ?? 0
  let count = 0
  let blank = true
  for (let position = from; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return blank ? count : count + 1
    position += bytesRead
    if (position - from > options.maxBytes) return null
    let at = 0
    while (at < bytesRead) {
      let stop = buffer.indexOf(newline, at)
      const ended = stop !== -1 && stop < bytesRead
      if (!ended) stop = bytesRead
      while (blank && at < stop) blank = isSpace(buffer[at++])
      if (ended) {
        if (!blank) count++
        blank = true
      }
      at = ended ? stop + 1 : stop
    }
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d
}
