// How many lines that are not blank a file holds.
//
// The bar needs a total before the run and an interrupted run needs one after it; reading lines
// properly would be ten times slower than looking for newlines. It agrees with `readLines` about
// what is blank: nothing but white space between two newlines. It gives up at a byte limit rather
// than make a user wait for a very large file, and says so.

const newline = 0x0a

/**
 * Counts the lines that are not blank.
 *
 * @returns The count, or null if the text goes on beyond `maxBytes`.
 */
export async function countLines(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<number | null> {
  let count = 0
  let blank = true
  let left = maxBytes
  for await (const chunk of chunks) {
    left -= chunk.length
    if (left < 0) return null
    let at = 0
    while (at < chunk.length) {
      let stop = chunk.indexOf(newline, at)
      const ended = stop !== -1
      if (!ended) stop = chunk.length
      while (blank && at < stop) blank = isSpace(chunk[at++])
      if (ended) {
        if (!blank) count++
        blank = true
      }
      at = ended ? stop + 1 : stop
    }
  }
  return blank ? count : count + 1
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d
}
