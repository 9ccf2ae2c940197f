// A whole file is written: replaced at once, or in place.
//
// The face of it, for bytes and for text; what is done on the disk stands in `replace-file.ts`. What must
// stay true: data of the wrong kind is refused before anything is touched.
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/index.ts"
import type { FilePath } from "./file-path.ts"
import { filePath } from "./file-path.ts"
import { runJob } from "./file-wait.ts"
import { replaceFile } from "./replace-file.ts"

/** Settings of {@link writeText} and {@link writeBytes}. */
export interface WriteOptions extends WaitOptions {
  /**
   * Write a file beside it which then takes its name, so that the old one stays whole until the new one is. False
   * writes in place: for a directory in which no file can be made, or a file with hard links. @default true
   */
  readonly atomic?: boolean | undefined
  /** Wait until it is on the disk, so that it survives a power cut; some milliseconds. @default false */
  readonly sync?: boolean | undefined
  /** Permissions of a file that is new, before the umask; an old one keeps its own. @default 0o666 */
  readonly mode?: number | undefined
}

/**
 * Writes a file, UTF-8: the old one stays whole until the new one is.
 *
 * A symbolic link stays, and what it leads to is replaced. A device or a FIFO is written in place.
 *
 * **Cancellation.** Ends the writing within 512 KiB; the old file is whole, and nothing is left beside it. Once the new
 * one has taken the name it stands, and the request comes at the next wait.
 * **Pitfall.** A process that is killed leaves `.name.….tmp` beside the file. Hard links go on with the old
 * content: `atomic: false` keeps them.
 *
 * @param path - A path, or a `file:` URL; its directory has to be there.
 * @param text - The new content.
 * @param options.atomic - False writes in place. @default true
 * @param options.sync - Wait until it is on the disk. @default false
 * @param options.mode - Permissions of a file that is new. @default 0o666, less the umask
 * @param options.signal - Ends it with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds after which it throws a TimeoutError. @default no limit
 * @throws {FileError} If it cannot be written; the old file is whole.
 *
 * @example Replace a file
 * ```ts
 * await using folder = await temporaryDirectory()
 * await writeText(`${folder.path}/state`, "one")
 * await writeText(`${folder.path}/state`, "two")
 * await list(folder.path) // => ["state"]
 * ```
 */
export async function writeText(path: FilePath, text: string, options?: WriteOptions): Promise<void> {
  if (typeof text !== "string") throw misuse("text", "a string", text, "never")
  await write(path, text, options)
}

/**
 * Writes a file: the old one stays whole until the new one is.
 *
 * As {@link writeText}, for bytes.
 *
 * **Cancellation.** As {@link writeText}.
 *
 * @param path - A path, or a `file:` URL; its directory has to be there.
 * @param bytes - The new content; not to be changed meanwhile.
 * @param options - As for {@link writeText}.
 * @throws {FileError} If it cannot be written; the old file is whole.
 *
 * @example Three bytes
 * ```ts
 * await using folder = await temporaryDirectory()
 * await writeBytes(`${folder.path}/numbers`, new Uint8Array([1, 2, 3]))
 * ```
 */
export async function writeBytes(path: FilePath, bytes: Uint8Array, options?: WriteOptions): Promise<void> {
  if (!(bytes instanceof Uint8Array)) throw misuse("bytes", "a Uint8Array", bytes, "never")
  await write(path, bytes, options)
}

async function write(path: FilePath, data: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  const file = filePath(path)
  const { atomic = true, sync = false, mode = 0o666 } = options
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o7777)
    throw misuse("mode", "permissions from 0 to 0o7777", mode)
  const plan = { data, isAtomic: atomic, isSynced: sync, mode }
  await runJob("write", file, options, (signal) => replaceFile(file, plan, signal))
}
