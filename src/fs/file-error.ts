// What the disk says no to, in words.
//
// Node's own errors have a code, a system call, and no stack of the caller. This one keeps the code, so
// that `error.code === "ENOENT"` goes on to work, says what was tried and why it cannot be, and is made
// where the caller's stack is known. What must stay true: each message names the path as it was given.
import { isAbsolute, resolve } from "node:path"
import { brand } from "../core/lowlevel.ts"

/** What was tried, as it stands in messages. */
export type FileAction =
  "append to" | "list" | "make a temporary directory" | "make a temporary file" | "read" | "remove" | "write"

/**
 * A file or directory cannot be read or written.
 *
 * `code` is the system's, such as `"ENOENT"` or `"EACCES"`, and `cause` the error that Node made of it.
 * Of our own is `"E_FS_LINE_TOO_LONG"`, from {@link lines}.
 *
 * @example A file that need not be there
 * ```ts no-run
 * const settings = await readText("settings.json").catch((error: unknown) => {
 *   if (error instanceof FileError && error.code === "ENOENT") return "{}"
 *   throw error
 * })
 * ```
 */
export class FileError extends Error {
  /** The system's word for it, such as `"ENOENT"`. */
  readonly code: string
  /** The path as it was given. */
  readonly path: string

  constructor(message: string, code: string, path: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.path = path
  }
}
brand(FileError, "FileError")

const words: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EBUSY: "it is in use",
  EDQUOT: "the quota of the disk is used up",
  EFBIG: "it would be larger than the system allows",
  EIO: "the disk failed",
  EISDIR: "it is a directory",
  ELOOP: "its symbolic links lead in a circle",
  EMFILE: "too many files are open in this process",
  ENAMETOOLONG: "the name is too long",
  ENFILE: "too many files are open in the system",
  ENOSPC: "no space is left on the disk",
  EPERM: "the operation is not permitted",
  EROFS: "the disk can only be read",
  ERR_FS_FILE_TOO_LARGE: "it is too large to be read at once; read it in parts, or by lines()",
  ERR_STRING_TOO_LONG: "it is longer than a string can be; read it by lines()",
}

/** The error to throw for what Node threw. */
export function fileError(error: unknown, action: FileAction, path: string): FileError {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const word = typeof code === "string" ? code : "E_FS"
  const why = missing(word, action, path) ?? words[word] ?? String(message ?? error)
  const said = why.includes(word) ? why : `${why} (${word})`
  return new FileError(`Cannot ${action} ${path}: ${said}`, word, path, { cause: error })
}

/** What is not there, or of the wrong kind; it depends on what was looked for. */
function missing(code: string, action: FileAction, path: string): string | null {
  if (code !== "ENOENT" && code !== "ENOTDIR") return null
  const at = isAbsolute(path) ? "" : `, looked for as ${resolve(path)}`
  if (code === "ENOTDIR")
    return action === "list" ? `it is not a directory${at}` : `a part of the path is not a directory${at}`
  if (action === "list") return `there is no such directory${at}`
  return action === "read" || action === "remove"
    ? `there is no such file${at}`
    : `the directory it is to stand in does not exist${at}`
}
