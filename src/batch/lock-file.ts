// One writer for one output: `<output>.lock`, holding who writes.
//
// Two runs that append to one file would ask everything twice, so the second refuses. The lock of a run that
// was killed must not stop the next: it names the process by number and start, and is taken over if no such
// process lives. Where the start can be read (Linux) a recycled process number is told apart. What must
// stay true: a lock is removed by its owner, or under `<output>.lock.takeover` by one who saw it dead.

import { link, readFile, rm, writeFile } from "node:fs/promises"
import process from "node:process"
import { BatchRefusedError } from "./batch-refused-error.ts"

/** The contents of a lock file. */
interface Holder {
  readonly pid: number
  /** Start of the process in clock ticks after boot; null where it cannot be read. */
  readonly start: string | null
}

/** A lock that is held until `release`. */
export class LockFile {
  readonly path: string
  /** What we wrote; the file is removed only while it still says this. */
  readonly #content: string

  private constructor(path: string, content: string) {
    this.path = path
    this.#content = content
  }

  /** @throws {BatchRefusedError} If another living process holds the lock. */
  static async acquire(output: string): Promise<LockFile> {
    const path = `${output}.lock`
    const content = JSON.stringify({ pid: process.pid, start: await startOf(process.pid) } satisfies Holder)
    for (let round = 0; round < 50; round++) {
      if (await create(path, content)) return new LockFile(path, content)
      const found = await readFile(path, "utf8").catch(() => null)
      if (found === null) continue
      if (await isHeld(found)) break
      await removeStale(path, found, content)
    }
    const pid = parse(await readFile(path, "utf8").catch(() => ""))?.pid
    const who = pid === undefined ? "another process" : `process ${pid}`
    throw new BatchRefusedError("locked", `Cannot write to ${output}: ${who} is writing to it (${path})`)
  }

  async release(): Promise<void> {
    const found = await readFile(this.path, "utf8").catch(() => null)
    if (found === this.#content) await rm(this.path, { force: true })
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
    if (other !== null && !(await isHeld(other))) await rm(guard, { force: true })
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
async function isHeld(content: string): Promise<boolean> {
  const holder = parse(content)
  return holder !== null && (await isAlive(holder))
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    return codeOf(error) === "EPERM"
  }
  const start = await startOf(holder.pid)
  return start === null || holder.start === null || start === holder.start
}

/** Field 22 of /proc/<pid>/stat, counted after the name, which may hold spaces and brackets. */
async function startOf(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null)
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? null
}

function parse(content: string): Holder | null {
  try {
    const value: unknown = JSON.parse(content)
    if (typeof value !== "object" || value === null || !("pid" in value)) return null
    const { pid } = value
    if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return null
    return { pid, start: "start" in value && typeof value.start === "string" ? value.start : null }
  } catch {
    return null
  }
}
