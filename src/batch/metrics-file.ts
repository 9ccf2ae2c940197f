// The metrics file of a run: a line for each line that was settled.
//
// It is told after the record and never waited for by it: metrics that were lost with the machine cost nobody
// anything. A half-written last line of an earlier run is cut off at the start, so that whole lines follow
// whole lines. A disk that takes no more ends the run here as elsewhere, at `close`.

import { open } from "node:fs/promises"
import { gzipMembers, isGzipName } from "./gzip-members.ts"
import { OutputFile } from "./output-file.ts"

/** Most that waits to be written before a line waits for its metrics as well. */
const mostWaiting = 1000

/** Lines of metrics. */
export class MetricsFile {
  readonly #file: OutputFile
  /** Lines handed over and not yet written. */
  #waiting = 0
  /** The first error of a write; nothing more is taken then. */
  #failure: Error | null = null

  private constructor(file: OutputFile) {
    this.#file = file
  }

  static async open(path: string): Promise<MetricsFile> {
    await cutTornTail(path)
    const file = new OutputFile(path, { sync: false })
    await file.open()
    return new MetricsFile(file)
  }

  /** Adds a line without its newline. @returns At once, unless the disk is far behind. */
  async append(text: string): Promise<void> {
    this.#waiting++
    const written = this.#file.append(`${text}\n`).then(
      () => void this.#waiting--,
      (error: Error) => void (this.#failure ??= error),
    )
    if (this.#waiting > mostWaiting) await written
    if (this.#failure !== null) throw this.#failure
  }

  async close(): Promise<void> {
    await this.#file.close()
    if (this.#failure !== null) throw this.#failure
  }
}

async function cutTornTail(path: string): Promise<void> {
  const file = await open(path, "r+").catch(() => null)
  if (file === null) return
  try {
    const { size } = await file.stat()
    let whole = 0
    if (isGzipName(path)) for await (const { end } of gzipMembers(file, 0)) whole = end
    else whole = await endOfLastLine(file, size)
    if (whole < size) await file.truncate(whole)
  } finally {
    await file.close()
  }
}

async function endOfLastLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
  const block = Buffer.allocUnsafe(64 * 1024)
  for (let end = size; end > 0;) {
    const begin = Math.max(0, end - block.length)
    const { bytesRead } = await file.read(block, 0, end - begin, begin)
    const newline = block.subarray(0, bytesRead).lastIndexOf(0x0a)
    if (newline !== -1) return begin + newline + 1
    end = begin
  }
  return 0
}
