// All that is in a directory and below it.
//
// One directory is open at a time and read a few hundred names ahead; those that are still to be entered
// are kept by name. So what is in a directory comes before what is in its directories, and a directory of
// a million files costs no memory. What must stay true: no directory is entered twice, and the one that is
// open is closed before an error comes out and when the loop is left.
import type { Dir, Dirent, Stats } from "node:fs"
import { opendir, readdir, stat } from "node:fs/promises"
import { join } from "node:path"
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/index.ts"
import { expectFunction } from "../core/lowlevel.ts"
import { FileError } from "./file-error.ts"
import type { FilePath } from "./file-path.ts"
import { filePath } from "./file-path.ts"
import { runJob } from "./file-wait.ts"
import { IterationLimits } from "./iteration-limits.ts"

/** Something that {@link walk} has found. */
export interface WalkEntry {
  /** The path of the directory that was walked, and on from there. */
  readonly path: string
  readonly name: string
  /** What it is, or what it leads to if it is a link; `"other"` for devices, sockets, and links that lead nowhere. */
  readonly kind: "file" | "directory" | "other"
  /** Whether it is a symbolic link. */
  readonly isLink: boolean
  /** 1 for what is in the directory itself. */
  readonly depth: number
}

/** Settings of {@link walk}. */
export interface WalkOptions extends WaitOptions {
  /** How deep to go; 1 gives what is in the directory itself. @default Infinity */
  readonly maxDepth?: number | undefined
  /** Enter directories that are symbolic links; none is entered twice. @default false */
  readonly followLinks?: boolean | undefined
  /** Whether to enter a directory that was found. @default all */
  readonly enter?: ((entry: WalkEntry) => boolean) | undefined
  /** Give what is in one directory in the order of names; they are then read all at once. @default false */
  readonly sorted?: boolean | undefined
  /** Called for a directory that cannot be read, which is then passed over. @default the loop throws */
  readonly onError?: ((error: FileError) => void) | undefined
}

/**
 * All that is in a directory and below it, files and directories, as it is found.
 *
 * A stroll through the house that opens each door once. For the names in one directory use {@link list},
 * to do something with each file {@link processFiles}.
 *
 * **Cancellation.** Comes at the next read of the disk, some hundred entries on; the open directory is
 * closed when it comes out, and when the loop is left early.
 * **Pitfall.** The order within a directory is that of the disk, unless `sorted`. What appears or
 * vanishes meanwhile may be missed.
 *
 * @param dir - A path, or a `file:` URL.
 * @param options.maxDepth - How deep to go; 1 is the directory itself. @default Infinity
 * @param options.followLinks - Enter directories that are symbolic links. @default false
 * @param options.enter - Whether to enter a directory that was found. @default all
 * @param options.sorted - In the order of names, at the price of memory. @default false
 * @param options.onError - Called for what cannot be read, which is passed over. @default the loop throws
 * @param options.signal - Ends the loop with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds for the whole, from the first entry asked for, after which the loop
 * throws a TimeoutError. @default no limit
 * @returns The entries; can be iterated once.
 * @throws {FileError} By the loop, if a directory cannot be read.
 *
 * @example Every file but those of node_modules
 * ```ts no-run
 * for await (const { path, kind } of walk(".", { enter: ({ name }) => name !== "node_modules" }))
 *   if (kind === "file") console.log(path)
 * ```
 */
export function walk(dir: FilePath, options: WalkOptions = {}): AsyncGenerator<WalkEntry, void, void> {
  const { maxDepth = Infinity, enter, onError } = options
  if (maxDepth !== Infinity && (!Number.isInteger(maxDepth) || maxDepth < 1))
    throw misuse("maxDepth", "an integer from 1 up", maxDepth)
  if (enter !== undefined) expectFunction(enter)
  if (onError !== undefined) expectFunction(onError)
  return walkFrom(filePath(dir, "dir"), options, new IterationLimits(options))
}

/** A directory that is to be entered. */
interface Ahead {
  readonly path: string
  readonly depth: number
}

async function* walkFrom(
  dir: string,
  options: WalkOptions,
  limits: IterationLimits,
): AsyncGenerator<WalkEntry, void, void> {
  const { maxDepth = Infinity, followLinks = false, sorted = false, enter = () => true, onError } = options
  const visited = followLinks ? new Visited(limits) : null
  const ahead: Ahead[] = [{ path: dir, depth: 1 }]
  for (let at = ahead.pop(); at !== undefined; at = ahead.pop()) {
    const below: Ahead[] = []
    try {
      if (visited !== null && !(await visited.add(at.path))) continue
      for await (const block of sorted ? sortedBlock(at, limits) : blocksOf(at, limits)) {
        for (const found of block) {
          yield found
          const { kind, isLink, path, depth } = found
          if (kind !== "directory" || depth >= maxDepth || (isLink && !followLinks)) continue
          if (enter(found)) below.push({ path, depth: depth + 1 })
        }
      }
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      // One that was there a moment ago has vanished.
      if (at.depth === 1 || error.code !== "ENOENT") {
        if (onError === undefined) throw error
        onError(error)
      }
    }
    ahead.push(...below.reverse())
  }
}

type Blocks = AsyncGenerator<readonly WalkEntry[], void, void>

async function* sortedBlock(at: Ahead, limits: IterationLimits): Blocks {
  const options = { withFileTypes: true } as const
  const entries = await runJob("list", at.path, limits.next(), () => readdir(at.path, options))
  yield await described(
    entries.sort((a, b) => (a.name < b.name ? -1 : 1)),
    at,
    limits,
  )
}

/** Entries that are read at once. */
const blockSize = 256

async function* blocksOf(at: Ahead, limits: IterationLimits): Blocks {
  const { path } = at
  const opening = (): Promise<Dir> => opendir(path, { bufferSize: blockSize })
  const directory = await runJob("list", path, limits.next(), opening, (opened) => opened.close())
  let reading: Promise<Dirent[]> = Promise.resolve([])
  try {
    for (;;) {
      const block = await runJob("list", path, limits.next(), () => (reading = readBlock(directory)))
      if (block.length === 0) return
      yield await described(block, at, limits)
    }
  } finally {
    // Begun in any case; only the wait for it can be cut short.
    const closed = reading.catch(ignore).then(() => directory.close())
    await runJob("list", path, undefined, () => closed)
  }
}

async function readBlock(directory: Dir): Promise<Dirent[]> {
  const block: Dirent[] = []
  while (block.length < blockSize) {
    const entry = await directory.read()
    if (entry === null) break
    block.push(entry)
  }
  return block
}

/** Entries as they are given out; what a link leads to is asked of the disk. */
async function described(
  entries: readonly Dirent[],
  at: Ahead,
  limits: IterationLimits,
): Promise<WalkEntry[]> {
  const found: WalkEntry[] = []
  for (const entry of entries) {
    const path = join(at.path, entry.name)
    const isLink = entry.isSymbolicLink()
    const kind = isLink ? await behindLink(path, limits) : kindOf(entry)
    found.push({ path, name: entry.name, kind, isLink, depth: at.depth })
  }
  return found
}

async function behindLink(path: string, limits: IterationLimits): Promise<WalkEntry["kind"]> {
  return await runJob("read", path, limits.next(), async () => {
    const found = await stat(path).catch(() => null)
    return found === null ? "other" : kindOf(found)
  })
}

function kindOf(entry: Dirent | Stats): WalkEntry["kind"] {
  if (entry.isFile()) return "file"
  return entry.isDirectory() ? "directory" : "other"
}

/** Directories that were entered, by what they are on the disk: a link may lead to one above it. */
class Visited {
  readonly #seen = new Set<string>()
  readonly #limits: IterationLimits

  constructor(limits: IterationLimits) {
    this.#limits = limits
  }

  /** Whether a directory comes for the first time. */
  async add(path: string): Promise<boolean> {
    const { dev, ino } = await runJob("list", path, this.#limits.next(), () => stat(path, { bigint: true }))
    const key = `${dev}:${ino}`
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    return true
  }
}

function ignore(): void {}
