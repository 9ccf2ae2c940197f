// A whole file, as it is or as text.
//
// Node reads it in pieces of 512 KiB and looks at the signal between them, so a cancel stops within one of
// them, and the file is closed when it comes out. What must stay true: files whose size the system does not
// tell (`/proc`, a FIFO) are read to their end as well.
import { readFile } from "node:fs/promises"
import type { WaitOptions } from "../core/index.ts"
import type { FilePath } from "./file-path.ts"
import { filePath } from "./file-path.ts"
import { runJob } from "./file-wait.ts"

/**
 * Reads a whole file.
 *
 * For a file that is larger than memory use {@link lines}, or a stream.
 *
 * **Cancellation.** Ends the reading within 512 KiB; the file is closed when the error comes out.
 *
 * @param path - A path, or a `file:` URL.
 * @param options.signal - Ends it with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds after which it throws a TimeoutError. @default no limit
 * @throws {FileError} If it cannot be read; `code` says why.
 *
 * @example What was written
 * ```ts
 * await using folder = await temporaryDirectory()
 * await writeBytes(`${folder.path}/numbers`, new Uint8Array([1, 2, 3]))
 * const numbers = await readBytes(`${folder.path}/numbers`)
 * numbers.length // => 3
 * ```
 */
export async function readBytes(path: FilePath, options?: WaitOptions): Promise<Uint8Array> {
  const file = filePath(path)
  return await runJob<Uint8Array>("read", file, options, (signal) => readFile(file, { signal }))
}
