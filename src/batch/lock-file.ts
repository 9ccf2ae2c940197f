// One writer for one output: `<output>.lock`, holding who writes.
//
// Two runs that append to one file would ask everything twice, so the second refuses. The lock of a run that
// was killed must not stop the next: it names the machine, and the process by number and start, and is taken over
// if no such process lives. Where the start can be read (Linux) a recycled process number is told apart, also after
// a new start of the machine. Of a process on another machine nothing can be known but that it renews its lock, so
// one that was not renewed for a while is dead. What must stay true: a lock is removed by its owner, or under
// `<output>.lock.takeover` by one who saw it dead.

import { link, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { hostname } from "node:os"
import { basename, dirname, join } from "node:path"
import process from "node:process"
import { clock, startTimer, stopTimer, type TimerEntry } from "../core/lowlevel.ts"
import { BatchRefusedError } from "./batch-refused-error.ts"

/** The contents of a lock file. */
interface Holder {
  /** Name of the machine, or of the container. */
  readonly host: string
  readonly pid: number
  /** Start of the machine and of the process, in clock ticks after it; null where they cannot be read. */
  readonly start: string | null
}

/** How often a lock is renewed, and how long one of another machine counts without that, in ms. */
const renewal = { every: 15_000, patience: 90_000 }

/** A lock that is held until `release`. */
export class LockFile implements TimerEntry {
  heapIndex = -1
  timerOrder = 0
  dueAt: number = Infinity
  readonly path: string
  /** What we wrote; the file is removed only while it still says this. */
  readonly #content: string

  private constructor(path: string, content: string) {
    this.path = path
    this.#content = content
    this.#renewLater()
  }

  /** @throws {BatchRefusedError} If another living process holds the lock. */
  static async acquire(output: string): Promise<LockFile> {
    const path = `${output}.lock`
    const { pid } = process
    const content = JSON.stringify({ host: hostname(), pid, start: await startOf(pid) } satisfies Holder)
    for (let round = 0; round < 50; round++) {
      if (await create(path, content)) {
        await sweep(path)
        return new LockFile(path, content)
      }
      const found = await readFile(path, "utf8").catch(() => null)
      if (found === null) continue
      if (await isHeld(path, found)) break
      await removeStale(path, found, content)
    }
    const holder = parse(await readFile(path, "utf8").catch(() => ""))
    const where = holder === null || holder.host === hostname() ? "" : ` on ${holder.host}`
    const who = holder === null ? "another process" : `process ${holder.pid}${where}`
    throw new BatchRefusedError("locked", `Cannot write to ${output}: ${who} is writing to it (${path})`)
  }

  async release(): Promise<void> {
    stopTimer(this)
    const found = await readFile(this.path, "utf8").catch(() => null)
    if (found === this.#content) await rm(this.path, { force: true })
  }

  /** The timer is due: shows other machines that the holder lives. */
  fire(): void {
    // A disk that is away for a moment is no reason to end a run: the writes of its records will tell.
    this.#renew().catch(() => {})
    this.#renewLater()
  }

  /** Writes what stands there, so that the disk notes its own time. */
  async #renew(): Promise<void> {
    const file = await open(this.path, "r+")
    try {
      if ((await file.readFile("utf8")) === this.#content) await file.write(this.#content, 0)
    } finally {
      await file.close()
    }
  }

  #renewLater(): void {
    this.dueAt = clock.now() + renewal.every
    startTimer(this)
  }
}

/** Makes the names of files on their way to becoming a lock differ within this process. */
let created = 0

/** Makes a lock that has its content from the first moment on. @returns False if there is one. */
async function create(path: string, content: string): Promise<boolean> {
  const own = `${path}.${process.pid}.${created++}`
  await writeFile(own, content, { mode: 0o600 })
  try {
    await link(own, path)
    return true
  } catch (error) {
    return codeOf(error) === "EEXIST" ? false : await createWithoutLinks(path, content)
  } finally {
    await rm(own, { force: true })
  }
}

/** Removes what a process that was killed in `create` has left. */
async function sweep(path: string): Promise<void> {
  const prefix = `${basename(path)}.`
  for (const name of await readdir(dirname(path))) {
    const own = name.startsWith(prefix) ? /^(?:takeover\.)?(\d+)\.\d+$/.exec(name.slice(prefix.length)) : null
    if (own !== null && !isRunning(Number(own[1]))) await rm(join(dirname(path), name), { force: true })
  }
}

/** For disks without hard links (FAT, some network disks): the content comes a moment after the name. */
async function createWithoutLinks(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: "wx", mode: 0o600 })
    return true
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined
}

/**
 * Removes a dead holder's lock, if it is still there.
 *
 * Two that find the same dead lock: one removes it and takes its own, the other, a moment late, removes that.
 * So only who holds the second lock beside it may remove anything, and looks again before it does.
 */
async function removeStale(path: string, found: string, content: string): Promise<void> {
  const guard = `${path}.takeover`
  if (!(await create(guard, content))) {
    const other = await readFile(guard, "utf8").catch(() => null)
    if (other !== null && !(await isHeld(guard, other))) await rm(guard, { force: true })
    return
  }
  try {
    const now = await readFile(path, "utf8").catch(() => null)
    if (now === found) await rm(path, { force: true })
  } finally {
    await rm(guard, { force: true })
  }
}

/** Whether a lock's content names a living process. */
async function isHeld(path: string, content: string): Promise<boolean> {
  const holder = parse(content)
  if (holder === null) return false
  return holder.host === hostname() ? await isAlive(holder) : await isRenewed(path)
}

/** Whether a lock was renewed lately, by the clock of the disk it lies on: machines need not agree on the time. */
async function isRenewed(path: string): Promise<boolean> {
  const own = `${path}.${process.pid}.${created++}`
  await writeFile(own, "", { mode: 0o600 })
  try {
    const [now, then] = await Promise.all([stat(own), stat(path).catch(() => null)])
    return then !== null && now.mtimeMs - then.mtimeMs < renewal.patience
  } finally {
    await rm(own, { force: true })
  }
}

/** Whether a process of this machine has the number now. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === "EPERM"
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (!isRunning(holder.pid)) return false
  const start = await startOf(holder.pid)
  return start === null || holder.start === null || start === holder.start
}

/** The machine's start, and field 22 of /proc/<pid>/stat, counted after the name, which may hold spaces and brackets. */
async function startOf(pid: number): Promise<string | null> {
  const [boot, text] = await Promise.all(
    ["/proc/sys/kernel/random/boot_id", `/proc/${pid}/stat`].map((path) =>
      readFile(path, "utf8").catch(() => null),
    ),
  )
  const ticks = text?.slice(text.lastIndexOf(")") + 2).split(" ")[19]
  return ticks === undefined ? null : `${boot?.trim() ?? ""} ${ticks}`
}

function parse(content: string): Holder | null {
  try {
    const value: unknown = JSON.parse(content)
    if (typeof value !== "object" || value === null) return null
    const { host, pid, start } = value as Readonly<Record<string, unknown>>
    if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return null
    const isNamed = typeof host === "string" && host !== ""
    return { host: isNamed ? host : hostname(), pid, start: typeof start === "string" ? start : null }
  } catch {
    return null
  }
}
