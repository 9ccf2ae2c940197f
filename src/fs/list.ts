// The names in a directory.
//
// Sorted, since the order in which a disk gives them differs from machine to machine and from day to day.
// For whole trees, and for directories with more names than memory should hold, there is `walk`.
import { readdir } from "node:fs/promises"
import type { WaitOptions } from "../core/index.ts"
import type { FilePath } from "./file-path.ts"
import { filePath } from "./file-path.ts"
import { runJob } from "./file-wait.ts"

/**
 * Names of what is in a directory, files and directories alike, sorted.
 *
 * Names and not paths; `join(dir, name)` is the path. For whole trees use {@link walk}, to do something
 * with each file {@link processFiles}.
 *
 * **Cancellation.** Ends the wait when the system has given the names.
 *
 * @param dir - A path, or a `file:` URL.
 * @param options.signal - Ends it with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds after which it throws a TimeoutError. @default no limit
 * @returns The names, in the order of their UTF-16 code units.
 * @throws {FileError} If there is no such directory, or it cannot be read.
 *
 * @example Two files
 * ```ts
 * await using folder = await temporaryDirectory()
 * for (const name of ["b", "a"]) await writeText(`${folder.path}/${name}`, "")
 * await list(folder.path) // => ["a", "b"]
 * ```
 */
export async function list(dir: FilePath, options?: WaitOptions): Promise<string[]> {
  const path = filePath(dir, "dir")
  const names = await runJob("list", path, options, () => readdir(path))
  return names.sort()
}
