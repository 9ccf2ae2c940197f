// A whole file as text.
//
// UTF-8, since that is what files are; another encoding is `new TextDecoder(…)` over `readBytes`. What must
// stay true: a byte order mark is no part of the text, as for the body of an HTTP answer, so that
// `JSON.parse` takes what an editor has marked.
import { readFile } from "node:fs/promises"
import type { WaitOptions } from "../core/index.ts"
import type { FilePath } from "./file-path.ts"
import { filePath } from "./file-path.ts"
import { runJob } from "./file-wait.ts"

/**
 * Reads a whole file as UTF-8 text, without its byte order mark.
 *
 * What is no UTF-8 becomes `\uFFFD`. For a file that is larger than memory use {@link lines}.
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
 * await writeText(`${folder.path}/greeting`, "hello")
 * const text = await readText(`${folder.path}/greeting`)
 * text // => "hello"
 * ```
 */
export async function readText(path: FilePath, options?: WaitOptions): Promise<string> {
  const file = filePath(path)
  return await runJob("read", file, options, async (signal) => {
    const text = await readFile(file, { encoding: "utf8", signal })
    return text.startsWith("\uFEFF") ? text.slice(1) : text
  })
}
