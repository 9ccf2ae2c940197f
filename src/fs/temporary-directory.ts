// Files and directories that go with their scope.
//
// Made where the system keeps such things, readable by nobody else, and removed by `await using` on every
// way out. What must stay true: a cancel while one is made leaves none behind; removing one is not cut
// short by a cancel; what is gone already is no error.
import { mkdtemp, open, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/index.ts"
import { UnclosedWatch, clock } from "../core/lowlevel.ts"
import type { FileAction } from "./file-error.ts"
import { fileError } from "./file-error.ts"
import type { FilePath } from "./file-path.ts"
import { filePath } from "./file-path.ts"
import { runJob } from "./file-wait.ts"

/** Settings of {@link temporaryDirectory} and {@link temporaryFile}. */
export interface TemporaryOptions extends WaitOptions {
  /** The directory it is made in. @default that of the system, `os.tmpdir()` */
  readonly parent?: FilePath | undefined
  /** What its name begins with. @default "tsyncio-" */
  readonly prefix?: string | undefined
  /** What the name of a file ends with, such as `".json"`. @default nothing */
  readonly suffix?: string | undefined
}

/**
 * A file or a directory that is removed at the end of its scope.
 *
 * **Cancellation.** Removing it is finished, whatever is cancelled meanwhile.
 * **Pitfall.** A process that is killed, or leaves by `process.exit()`, leaves it behind: look for its
 * `prefix` in the directory of the system.
 *
 * @example It is gone
 * ```ts
 * const folder = await temporaryDirectory()
 * await folder.remove()
 * await list(folder.path) // => throws FileError
 * ```
 */
export class TemporaryPlace implements AsyncDisposable {
  /** The whole path. */
  readonly path: string
  readonly #count = { open: 1 }
  readonly #unclosed: UnclosedWatch
  #removing: Promise<void> | null = null

  /** Made by {@link temporaryDirectory} and {@link temporaryFile}. */
  constructor(path: string, name: string) {
    this.path = path
    this.#unclosed = new UnclosedWatch(this, name, this.#count)
  }

  /**
   * Removes it, with all that is in it. Calling it again gives the same promise.
   *
   * @throws {FileError} If something in it cannot be removed.
   */
  remove(): Promise<void> {
    this.#removing ??= this.#remove()
    return this.#removing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove()
  }

  toString(): string {
    return this.path
  }

  async #remove(): Promise<void> {
    this.#unclosed.stop()
    this.#count.open = 0
    try {
      await rm(this.path, { recursive: true, force: true, maxRetries: 3 })
    } catch (error) {
      throw fileError(error, "remove", this.path)
    }
  }
}

/**
 * Makes a directory that is removed, with all that is in it, at the end of its scope.
 *
 * A workbench that is cleared when you leave. For a single file use {@link temporaryFile}.
 *
 * **Cancellation.** One that is cancelled has made none. Removing it is finished, whatever is cancelled
 * meanwhile.
 * **Pitfall.** Without `await using` nobody removes it; it is named when its run ends.
 *
 * @param options.parent - The directory it is made in. @default `os.tmpdir()`
 * @param options.prefix - What its name begins with. @default "tsyncio-"
 * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds after which it throws a TimeoutError. @default no limit
 * @returns Its `path`, for `await using`, or `remove()`.
 * @throws {FileError} If it cannot be made.
 *
 * @example Something to work in
 * ```ts
 * await using folder = await temporaryDirectory()
 * await writeText(`${folder.path}/draft`, "once upon a time")
 * await list(folder.path) // => ["draft"]
 * ```
 */
export async function temporaryDirectory(options: TemporaryOptions = {}): Promise<TemporaryPlace> {
  const path = await made("make a temporary directory", options, async (stem) => mkdtemp(stem))
  return new TemporaryPlace(path, `The temporary directory ${path}`)
}

/**
 * Makes an empty file that is removed at the end of its scope.
 *
 * A slip of paper that is thrown away when you leave. For several of them use {@link temporaryDirectory}.
 *
 * **Cancellation.** As for {@link temporaryDirectory}.
 *
 * @param options.suffix - What its name ends with. @default nothing
 * @param options - Else as for {@link temporaryDirectory}.
 * @returns Its `path`, for `await using`, or `remove()`.
 * @throws {FileError} If it cannot be made.
 *
 * @example For a program that wants a file
 * ```ts
 * await using file = await temporaryFile({ suffix: ".json" })
 * await writeText(file.path, "{}")
 * file.path.endsWith(".json") // => true
 * ```
 */
export async function temporaryFile(options: TemporaryOptions = {}): Promise<TemporaryPlace> {
  const { suffix = "" } = options
  checkName("suffix", suffix)
  const path = await made("make a temporary file", options, async (stem) => {
    const name = `${stem}${clock.random().toString(36).slice(2, 12)}${suffix}`
    const file = await open(name, "wx", 0o600)
    await file.close()
    return name
  })
  return new TemporaryPlace(path, `The temporary file ${path}`)
}

async function made(
  action: FileAction,
  options: TemporaryOptions,
  make: (stem: string) => Promise<string>,
): Promise<string> {
  const { prefix = "tsyncio-", parent = tmpdir() } = options
  checkName("prefix", prefix)
  const stem = join(filePath(parent, "parent"), prefix)
  const making = async (): Promise<string> => {
    for (;;) {
      const path = await make(stem).catch(ifTaken)
      if (path !== null) return path
    }
  }
  return await runJob(action, stem, options, making, (path) => rm(path, { recursive: true }))
}

/** A name that is taken is drawn again. */
function ifTaken(error: unknown): null {
  if ((error as { code?: unknown }).code === "EEXIST") return null
  throw error
}

function checkName(option: string, value: unknown): void {
  if (typeof value === "string" && !/[/\\\0]/.test(value)) return
  throw misuse(option, "a part of a name, without slashes", value, "string")
}
