// What may be given as the place of a file.
//
// A string or a `file:` URL, as everywhere in Node; relative to the working directory. Refused here, so
// that every function of the room says the same of a path that is none. What must stay true: what comes
// out is a string that Node takes.
import { fileURLToPath } from "node:url"
import { misuse } from "../base/misuse.ts"

/** The place of a file or directory: a path, or a `file:` URL. */
export type FilePath = string | URL

/**
 * The path as a string.
 *
 * @throws {TypeError} If it is neither a string nor a `file:` URL.
 * @throws {RangeError} If it is empty or holds a zero byte.
 */
export function filePath(path: FilePath, name = "path"): string {
  const text = path instanceof URL ? fileURLToPath(path) : path
  if (typeof text === "string" && text !== "" && !text.includes("\0")) return text
  throw misuse(
    name,
    "a path or a file: URL",
    typeof text === "string" ? JSON.stringify(text) : text,
    "string",
  )
}
