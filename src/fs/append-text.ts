// Text at the end of a file.
//
// The system puts what is written in one call at the end, also when several processes append. What must
// stay true: an append that has begun is finished, for half a text in the middle of a log is worse than a
// cancel that comes later.
import { appendFile } from "node:fs/promises"
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/index.ts"
import type { FilePath } from "./file-path.ts"
import { filePath } from "./file-path.ts"
import { runJob } from "./file-wait.ts"

/**
 * Appends text to a file, UTF-8; the file is made if it is not there.
 *
 * A log, a journal: for one line now and then. To write thousands in a row, gather them first.
 *
 * **Cancellation.** An append that has begun is finished, and the error comes then; one that has not is
 * not begun.
 *
 * @param path - A path, or a `file:` URL; its directory has to be there.
 * @param text - What to add; a newline is not added to it.
 * @param options.signal - Ends it with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds after which it throws a TimeoutError. @default no limit
 * @throws {FileError} If it cannot be written.
 *
 * @example Two lines
 * ```ts
 * await using folder = await temporaryDirectory()
 * await appendText(`${folder.path}/log`, "one\n")
 * await appendText(`${folder.path}/log`, "two\n")
 * await readText(`${folder.path}/log`) // => "one\ntwo\n"
 * ```
 */
export async function appendText(path: FilePath, text: string, options?: WaitOptions): Promise<void> {
  if (typeof text !== "string") throw misuse("text", "a string", text, "never")
  const file = filePath(path)
  await runJob("append to", file, options, () => appendFile(file, text))
}
