// The lines of a file, however large.
//
//   state  | meaning                                     | leaves by
//   fresh  | nothing was asked for, nothing is open      | next() -> open, return() -> closed
//   open   | the file is open, a chunk is being read or  | end of the file, error, cancel, return() -> closed
//          | lines of one are left                       |
//   closed | the file is closed, there are no more lines | -
//
// A chunk of 64 KiB is cut into lines at once, and while they are consumed the next one is read: larger
// chunks become strings that the garbage collector is slow with. A line that is there costs one settled
// promise. What must stay true: one chunk, the lines of another, and one unfinished line are in memory;
// the file is closed before an error comes out, and before a loop that was left goes on.
import type { FileHandle } from "node:fs/promises"
import { open } from "node:fs/promises"
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/index.ts"
import { UnclosedWatch } from "../core/lowlevel.ts"
import { Lock } from "../sync/index.ts"
import { FileError } from "./file-error.ts"
import type { FilePath } from "./file-path.ts"
import { filePath } from "./file-path.ts"
import { runJob } from "./file-wait.ts"
import { IterationLimits } from "./iteration-limits.ts"
import { LineSplitter } from "./line-splitter.ts"

/** Settings of {@link lines}. */
export interface LinesOptions extends WaitOptions {
  /** Longest line, in bytes; one that is longer ends the loop with a {@link FileError}. @default 67108864 (64 MiB) */
  readonly maxLineBytes?: number | undefined
}

/** What {@link lines} gives: one line at a time, or as many as there are. */
export interface Lines extends AsyncIterableIterator<string>, AsyncDisposable {
  /** The same lines some hundred at a time, as they come from the disk: several times as fast, where each line is little work. */
  batches(): AsyncGenerator<readonly string[], void, void>
}

/**
 * The lines of a file, one after the other, without what ends them.
 *
 * A tape that is pulled through: memory holds some 100 kB of it, however long it is. A line ends with
 * `\n` or `\r\n`; the last one needs neither, and a newline at the very end begins no further line. Text
 * is UTF-8; a byte order mark is left out. To work on many lines at once hand them to {@link map}; for a
 * loop that does little with each, `batches()` gives arrays of them.
 *
 * **Cancellation.** Comes at the next chunk, some hundred lines on; the file is closed when it comes out,
 * and when the loop is left early.
 * **Fairness.** Several tasks may share the lines: each is given once, in the order of asking.
 * **Pitfall.** Each line is part of the chunk that it came in: who keeps one short line of each chunk keeps
 * all chunks. Keep a copy, `Buffer.from(line).toString()`.
 *
 * @param path - A path, or a `file:` URL.
 * @param options.maxLineBytes - Longest line, in bytes. @default 64 MiB
 * @param options.signal - Ends the loop with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds for the whole, from the first line asked for, after which the loop
 * throws a TimeoutError. @default no limit
 * @returns The lines; can be iterated once.
 * @throws {FileError} By the loop, if the file cannot be read or a line is too long.
 * @throws {RangeError} If `maxLineBytes` is no integer from 1 up.
 *
 * @example Count what is not blank
 * ```ts
 * await using folder = await temporaryDirectory()
 * await writeText(`${folder.path}/poem`, "roses\n\nviolets\r\nend")
 * const found: string[] = []
 * for await (const line of lines(`${folder.path}/poem`)) if (line !== "") found.push(line)
 * found // => ["roses", "violets", "end"]
 * ```
 */
export function lines(path: FilePath, options: LinesOptions = {}): Lines {
  return new LineReader(filePath(path), options)
}

/** Bytes that are read at once. */
const chunkBytes = 64 * 1024

const over: IteratorReturnResult<undefined> = { done: true, value: undefined }

class LineReader implements Lines {
  readonly #path: string
  readonly #limits: IterationLimits
  readonly #maxLineBytes: number
  readonly #splitter: LineSplitter
  #state: "fresh" | "open" | "closed" = "fresh"
  /** The file while it is open. */
  #file: FileHandle | null = null
  /** Lines that were cut, and the next of them to be given. */
  #lines: readonly string[] = []
  #at = 0
  /** The chunk that is being read ahead. */
  #ahead: Promise<Buffer> | null = null
  /** What is read into; cut before the next chunk is asked for. */
  #buffer: Buffer | null = null
  #isEnd = false
  /** Those who ask while a chunk is read, in the order of asking. */
  readonly #asking = new Lock()
  readonly #count = { open: 0 }
  #unclosed: UnclosedWatch | null = null

  constructor(path: string, options: LinesOptions) {
    const { maxLineBytes = 64 * 1024 * 1024 } = options
    if (maxLineBytes !== Infinity && (!Number.isInteger(maxLineBytes) || maxLineBytes < 1))
      throw misuse("maxLineBytes", "an integer from 1 up", maxLineBytes)
    this.#path = path
    this.#limits = new IterationLimits(options)
    this.#maxLineBytes = maxLineBytes
    this.#splitter = new LineSplitter(maxLineBytes)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<string>> {
    if (this.#at === this.#lines.length || this.#asking.locked()) return this.#nextLater()
    return Promise.resolve(this.#take())
  }

  async return(): Promise<IteratorResult<string>> {
    await this.#close()
    return over
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async *batches(): AsyncGenerator<readonly string[], void, void> {
    try {
      for (;;) {
        const batch = await this.#asking.run(async () => {
          await this.#fill()
          const rest = this.#lines.slice(this.#at)
          this.#at = this.#lines.length
          return rest
        })
        if (batch.length === 0) return
        yield batch
      }
    } finally {
      await this.#close()
    }
  }

  /** Asked again after each wait: another task may have left meanwhile. */
  get #isClosed(): boolean {
    return this.#state === "closed"
  }

  #take(): IteratorResult<string> {
    const value = this.#lines[this.#at] as string
    this.#at += 1
    return { done: false, value }
  }

  #nextLater(): Promise<IteratorResult<string>> {
    return this.#asking.run(async () => {
      await this.#fill()
      return this.#isClosed ? over : this.#take()
    })
  }

  /** Sees to it that a line is there, or that the file is closed. */
  async #fill(): Promise<void> {
    try {
      while (this.#at === this.#lines.length && !this.#isClosed) {
        if (this.#splitter.isTooLong) throw this.#tooLong()
        if (this.#isEnd) await this.#close()
        else await this.#cutNext()
      }
    } catch (error) {
      await this.#close()
      throw error
    }
  }

  /** Reads a chunk and cuts it; the next one is on its way then. */
  async #cutNext(): Promise<void> {
    if (this.#state === "fresh") await this.#open()
    if (this.#file === null) return
    const chunk = await runJob("read", this.#path, this.#limits.next(), () => this.#ahead ?? this.#read())
    this.#ahead = null
    if (this.#file === null) return
    this.#isEnd = chunk.length === 0
    this.#lines = this.#isEnd ? this.#splitter.end() : this.#splitter.feed(chunk)
    this.#at = 0
    if (this.#isEnd || this.#splitter.isTooLong) return
    this.#ahead = this.#read()
    // Who asks for the next line is told.
    this.#ahead.catch(ignore)
  }

  async #open(): Promise<void> {
    this.#state = "open"
    const limits = this.#limits.next()
    const file = await runJob("read", this.#path, limits, () => open(this.#path), closed)
    if (this.#isClosed) return await closed(file)
    this.#file = file
    this.#count.open = 1
    this.#unclosed = new UnclosedWatch(this, `The iteration over the lines of ${this.#path}`, this.#count)
  }

  async #read(): Promise<Buffer> {
    const buffer = (this.#buffer ??= Buffer.allocUnsafeSlow(chunkBytes))
    const { bytesRead } = await (this.#file as FileHandle).read(buffer, 0, buffer.length, null)
    return buffer.subarray(0, bytesRead)
  }

  /** Lets go of the file; a chunk that is on its way is waited for. */
  async #close(): Promise<void> {
    this.#state = "closed"
    this.#lines = []
    this.#at = 0
    const file = this.#file
    if (file === null) return
    this.#file = null
    this.#unclosed?.stop()
    this.#count.open = 0
    // Begun in any case; only the wait for it can be cut short.
    const closing = closed(file)
    await runJob("read", this.#path, undefined, () => closing)
  }

  #tooLong(): FileError {
    const why = `line ${this.#splitter.number} is longer than ${this.#maxLineBytes} bytes (\`maxLineBytes\`)`
    return new FileError(`Cannot read ${this.#path}: ${why}`, "E_FS_LINE_TOO_LONG", this.#path)
  }
}

function closed(file: FileHandle): Promise<void> {
  return file.close().catch(ignore)
}

function ignore(): void {}
