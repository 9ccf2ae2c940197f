// Where the page of a report is written.
//
// Asked before the first request is sent, so that a report that cannot be written is no surprise at the end of a long
// run. What must stay true: a file that is no page of ours is never written over, least of all the answers.

import { access, constants, open, rename, rm, stat, writeFile } from "node:fs/promises"
import { dirname } from "node:path"
import { BatchRefusedError, type BatchReport } from "../batch/index.ts"
import { pageBeginning, reportPage } from "./report-page.ts"

/** @throws {BatchRefusedError} If no report can be written there. */
export async function checkReportFile(path: string): Promise<void> {
  const there = await stat(path).catch(() => null)
  if (there?.isDirectory() === true) throw refused(path, "it is a folder")
  if (there === null) {
    await access(dirname(path), constants.W_OK).catch((error: unknown) => {
      throw refused(path, hasCode(error, "ENOENT") ? "there is no such folder" : "no permission")
    })
  } else if (there.isFile() && there.size > 0 && !(await isPage(path))) {
    throw refused(path, "it is there and is no report; name another file")
  }
}

/**
 * Writes the page, readable by its owner alone, as the answers are.
 *
 * @throws {BatchRefusedError} If it cannot be written.
 */
export async function writeReportFile(path: string, report: BatchReport): Promise<void> {
  await checkReportFile(path)
  const page = await reportPage(report)
  const temporary = `${path}.tmp`
  try {
    await writeFile(temporary, page, { mode: 0o600 })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw refused(path, error instanceof Error ? error.message : String(error))
  }
}

/** Whether a file begins as our pages do. */
async function isPage(path: string): Promise<boolean> {
  const file = await open(path, "r")
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(pageBeginning.length),
      0,
      pageBeginning.length,
      0,
    )
    return buffer.toString("utf8", 0, bytesRead) === pageBeginning
  } finally {
    await file.close()
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code
}

function refused(path: string, why: string): BatchRefusedError {
  return new BatchRefusedError("output", `Cannot write the report to ${path}: ${why}`)
}
