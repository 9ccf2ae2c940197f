// Whether the output may be written, asked before anything is.
//
// A run that finds out after an hour that its disk is read-only has wasted an hour, and one that appends to its
// own input never ends. Every problem of the disk with the output leaves here as one kind of refusal.

import { access, constants, stat } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import type { BatchSettings } from "./batch-settings.ts"
import { BatchRefusedError } from "./batch-refused-error.ts"

/** @throws {BatchRefusedError} If a folder is missing or closed to us, or two of the files are one. */
export async function checkOutput(
  settings: Pick<BatchSettings, "input" | "output" | "errors" | "metrics">,
): Promise<void> {
  const { input, output, errors, metrics } = settings
  const written = [output, errors, metrics].filter((path) => typeof path === "string")
  const others = new Map<string, string>(typeof input === "string" ? [[input, "it is the input"]] : [])
  for (const path of written) {
    for (const [other, why] of others) {
      if (await isSameFile(path, other))
        throw new BatchRefusedError("output", `Cannot write to ${path}: ${why}`)
    }
    others.set(path, "two kinds of records would go there")
    await checkPlace(path)
  }
}

async function checkPlace(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found !== null && !found.isFile()) {
    const what = found.isDirectory() ? "it is a folder" : "it is not a regular file"
    throw new BatchRefusedError("output", `Cannot write to ${path}: ${what}`)
  }
  const folder = dirname(resolve(path))
  const place = await stat(folder).catch(() => null)
  if (place === null || !place.isDirectory()) {
    throw new BatchRefusedError("output", `Cannot write to ${path}: there is no folder ${folder}`)
  }
  await onDisk(path, () => access(folder, constants.W_OK))
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  if (resolve(one) === resolve(other)) return true
  const [first, second] = await Promise.all([one, other].map((path) => stat(path).catch(() => null)))
  return first !== null && first !== undefined && first.ino === second?.ino && first.dev === second.dev
}

/** Turns an error of the disk into a refusal that names the output. */
export async function onDisk<T>(output: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BatchRefusedError) throw error
    const code = error instanceof Error && "code" in error ? error.code : undefined
    const known: Readonly<Record<string, string>> = { EACCES: "no permission", EPERM: "no permission" }
    const why = known[String(code)] ?? (error instanceof Error ? error.message : String(error))
    throw new BatchRefusedError("output", `Cannot write to ${output}: ${why}`, { cause: error })
  }
}
