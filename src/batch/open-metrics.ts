// The metrics file of a run: a line for each line that was settled.
//
// It is told after the record and never waited for by it: metrics that were lost with the machine cost nobody
// anything. A half-written last line of an earlier run is cut off at the start, so that whole lines follow
// whole lines. A disk that takes no more ends the run here as elsewhere, at `close`.

import { open } from "node:fs/promises"
import { gzipMembers, isGzipName } from "./gzip-members.ts"
import { OutputFile } from "./output-file.ts"

/** Opens the metrics file of a run, its last line whole. @throws {Error} If it cannot be written. */
export async function openMetrics(path: string): Promise<OutputFile> {
  await cutTornTail(path)
  const file = new OutputFile(path, { durability: "none" })
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
