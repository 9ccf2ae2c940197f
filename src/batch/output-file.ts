// A file that grows by whole lines, and says when a line is safe.
//
// Group commit: lines that arrive while a commit is on its way wait for the next one, which takes them all in
// one write (O_APPEND) followed by one fdatasync. `append` resolves after the sync: only then is a request
// counted as done, so a line that was counted is there after a crash. With nothing on its way the first line
// goes at once, so no timer is needed and a slow disk makes the groups larger instead of the queue longer.
// Who asks for less gets less: "flush" leaves the sync out; "none" does not wait for the write either, and gathers
// lines for some milliseconds.
// After a failed write the file takes no more: what is on disk is then unknown until the next start mends it.
// In a compressed file each group is a member of its own, so that a cut falls into one group alone.

import { open, type FileHandle } from "node:fs/promises"
import { dirname } from "node:path"
import { clock, startTimer, stopTimer, type TimerEntry } from "../core/lowlevel.ts"
import { gzipMember, isGzipName } from "./gzip-members.ts"
import type { RecordSink } from "./record-sink.ts"

/** Lines that become durable together, and the promise of that. */
interface Group {
  readonly lines: string[]
  readonly durable: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * What a line that counts as written has survived.
 *
 * level | it is | it survives
 * --- | --- | ---
 * fsync | on the disk | the machine losing its power
 * flush | with the operating system | the process being killed
 * none | in memory, at most a thousand of them | the run ending by itself, a signal included
 */
export type Durability = "fsync" | "flush" | "none"

/** How lines are written. */
export interface OutputFileOptions {
  /** Compress them. @default the name ends in .gz */
  readonly gzip?: boolean
  /** When `append` resolves. @default "fsync" */
  readonly durability?: Durability
}

/** With "none": lines, or ms, that are gathered into one write, and lines that wait before somebody waits for them. */
const gathered = { lines: 250, time: 50 }
const mostWaiting = 1000

/** An append-only file of lines. */
export class OutputFile implements RecordSink, TimerEntry {
  heapIndex = -1
  timerOrder = 0
  dueAt: number = Infinity
  readonly path: string
  readonly #isGzip: boolean
  readonly #durability: Durability
  /** Opened by the first commit, so that a file without lines is never made; null before and after. */
  #file: FileHandle | null = null
  /** Takes lines now; null if nothing is waiting. */
  #next: Group | null = null
  /** Runs while there are groups to commit; null otherwise. Never rejects. */
  #committing: Promise<void> | null = null
  /** The first error of a write; set once, and nothing is written afterwards. */
  #failure: Error | null = null
  /** Counters of `statistics`. */
  #lines = 0
  #commits = 0
  /** Lines handed over and not yet written. */
  #waiting = 0
  #closed = false

  constructor(path: string, options: OutputFileOptions = {}) {
    this.path = path
    this.#isGzip = options.gzip ?? isGzipName(path)
    this.#durability = options.durability ?? "fsync"
  }

  /** Makes the file now (mode 0600 if new), so that a folder or permission problem shows early. */
  async open(): Promise<void> {
    this.#file ??= await openAppending(this.path)
  }

  /**
   * Adds one line, which must end with a newline.
   *
   * A wait on the disk and not a library wait: a cancel arrives after it, so an answer that came is kept.
   *
   * @returns When the line is as durable as was asked for.
   * @throws {Error} If the file cannot be written; then every later call throws the same.
   */
  append(line: string): Promise<void> {
    if (this.#closed) return Promise.reject(new TypeError("Cannot append to output file: it is closed"))
    if (this.#failure !== null) return Promise.reject(this.#failure)
    const group = (this.#next ??= newGroup())
    group.lines.push(line)
    this.#waiting++
    if (this.#durability !== "none") {
      this.#committing ??= this.#commitAll()
      return group.durable
    }
    this.#gather(group)
    return this.#waiting > mostWaiting ? group.durable : Promise.resolve()
  }

  /**
   * Waits for what was appended and closes the file. Does nothing the second time.
   *
   * @throws {Error} If a line that nobody waited for could not be written.
   */
  async close(): Promise<void> {
    this.#closed = true
    stopTimer(this)
    if (this.#next !== null) this.#committing ??= this.#commitAll()
    await this.#committing
    const file = this.#file
    this.#file = null
    await file?.close()
    if (this.#durability === "none" && this.#failure !== null) throw this.#failure
  }

  statistics(): { lines: number; commits: number } {
    return { lines: this.#lines, commits: this.#commits }
  }

  /** The timer is due: what was gathered is written. */
  fire(): void {
    if (this.#next !== null) this.#committing ??= this.#commitAll()
  }

  #gather(group: Group): void {
    if (group.lines.length === 1) {
      group.durable.catch(() => {})
      if (this.#committing !== null) return
      this.dueAt = clock.now() + gathered.time
      startTimer(this)
    } else if (group.lines.length === gathered.lines && this.#committing === null) {
      stopTimer(this)
      this.#committing = this.#commitAll()
    }
  }

  async #commitAll(): Promise<void> {
    for (let group = this.#take(); group !== null; group = this.#take()) {
      try {
        if (this.#failure !== null) throw this.#failure
        await this.#commit(group.lines)
        group.resolve()
      } catch (error) {
        this.#failure ??= new Error(`Cannot write to ${this.path}: ${reasonOf(error)}`, { cause: error })
        group.reject(this.#failure)
      }
      this.#waiting -= group.lines.length
    }
    this.#committing = null
  }

  #take(): Group | null {
    const group = this.#next
    this.#next = null
    return group
  }

  async #commit(lines: readonly string[]): Promise<void> {
    const file = (this.#file ??= await openAppending(this.path))
    const text = Buffer.from(lines.join(""), "utf8")
    const bytes = this.#isGzip ? await gzipMember(text) : text
    for (let from = 0; from < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, from, bytes.length - from)
      from += bytesWritten
    }
    if (this.#durability === "fsync") await file.datasync()
    this.#lines += lines.length
    this.#commits++
  }
}

/** Makes the entry of a new, renamed or removed file durable in its folder. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), "r")
  try {
    await folder.sync()
  } catch (error) {
    if (!isNotSupported(error)) throw error
  } finally {
    await folder.close()
  }
}

async function openAppending(path: string): Promise<FileHandle> {
  const file = await open(path, "a", 0o600)
  try {
    await syncFolder(path)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

function newGroup(): Group {
  let resolve!: () => void
  let reject!: (error: unknown) => void
  const durable = new Promise<void>((done, fail) => {
    resolve = done
    reject = fail
  })
  return { lines: [], durable, resolve, reject }
}

/** Some systems (Windows, a few network disks) cannot sync a folder; their entries are safe without. */
function isNotSupported(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  return code === "EPERM" || code === "EINVAL" || code === "EISDIR" || code === "ENOTSUP" || code === "EBADF"
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
