// A disk that fails at the n-th write, or loses its power there and forgets what was not synced.
//
// It stands in for node:fs/promises, over real files. What a write did is on the real disk at once; beside it is kept
// what of each file and of each folder had been synced. After a loss of power the files are made anew from that: of
// what was not synced, any part may be there, in blocks, with zeros or garbage between; names that were made, renamed
// or removed since the last sync of their folder are there up to some moment, in order, as in a journal.

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import type * as promises from "node:fs/promises"
import { dirname, join } from "node:path"

type Promises = typeof promises

/** What goes wrong, and at which write; syncs, renames and the like are writes. */
export interface DiskFault {
  /** Counted from 1. */
  readonly at: number
  /** `EIO` fails once, `ENOSPC` from then on, half of the bytes written; `power` ends everything. */
  readonly kind: "EIO" | "ENOSPC" | "power"
}

/** A file, under whatever name. */
interface DiskFile {
  /** What a loss of power leaves. */
  synced: Buffer
  path: string
}

/** Bytes that reach the disk together or not at all; small, so that a record is many. */
const block = 64

class FaultyDisk {
  /** Writes since {@link begin}. */
  writes = 0
  /** Files that are open. */
  handles = 0
  #fault: DiskFault | null = null
  #isOff = false
  /** Names as programs see them, and names as they were synced. */
  #names: Map<string, DiskFile> = new Map()
  #synced: Map<string, DiskFile> = new Map()
  /** Changes of names since the last sync of their folder, in order. */
  #changes: { readonly folder: string; readonly apply: (names: Map<string, DiskFile>) => void }[] = []
  #folder = ""

  /** Everything in the folder is as durable as can be now. */
  begin(folder: string, fault: DiskFault | null): void {
    this.writes = 0
    this.#fault = fault
    this.#isOff = false
    this.#folder = folder
    this.#changes = []
    const paths = readdirSync(folder).map((name) => join(folder, name))
    this.#names = new Map(paths.map((path) => [path, { synced: readFileSync(path), path }]))
    this.#synced = new Map(this.#names)
  }

  get isOff(): boolean {
    return this.#isOff
  }

  /** Whether the fault has come. */
  get hasFailed(): boolean {
    return this.#fault !== null && this.writes >= this.#fault.at
  }

  /** Makes the folder what the power left of it. */
  restart(random: () => number): void {
    const names = new Map(this.#synced)
    const kept = Math.floor(random() * (this.#changes.length + 1))
    for (const { apply } of this.#changes.slice(0, kept)) apply(names)
    const contents = [...names].map(([path, file]) => [path, survived(file, random)] as const)
    for (const name of readdirSync(this.#folder)) rmSync(join(this.#folder, name))
    for (const [path, content] of contents) writeFileSync(path, content)
    this.begin(this.#folder, null)
  }

  /** The module in place of node's. */
  module(real: Promises): Promises {
    const mine: Partial<Promises> = {
      open: async (path, flags, mode) => {
        const place = nameOf(path)
        if (flags === "r") return this.#handle(await real.open(path, flags, mode), place, false)
        return await this.#write(async () => {
          const isNew = !existsSync(place)
          const handle = await real.open(path, flags, mode)
          if (isNew) this.#made(place)
          return this.#handle(handle, place, true)
        })
      },
      writeFile: async (path, data, options) =>
        await this.#write(async () => {
          await real.writeFile(path, data, options)
          this.#made(nameOf(path))
        }),
      rename: async (from, to) =>
        await this.#write(async () => {
          await real.rename(from, to)
          this.#renamed(nameOf(from), nameOf(to))
        }),
      link: async (from, to) =>
        await this.#write(async () => {
          await real.link(from, to)
          const file = this.#names.get(nameOf(from))
          if (file !== undefined) this.#change(nameOf(to), (names) => void names.set(nameOf(to), file))
        }),
      rm: async (path, options) =>
        await this.#write(async () => {
          await real.rm(path, options)
          this.#change(nameOf(path), (names) => void names.delete(nameOf(path)))
        }),
    }
    return { ...real, ...mine }
  }

  /** Counts, fails if it is time, and does it otherwise. */
  async #write<T>(work: () => Promise<T>, half?: () => Promise<unknown>): Promise<T> {
    if (this.#isOff) throw failure("EIO", "the power is out")
    this.writes++
    const fault = this.#fault
    if (fault === null || this.writes < fault.at) return await work()
    if (fault.kind === "power") {
      this.#isOff = true
      await half?.()
      throw failure("EIO", "the power goes out")
    }
    if (fault.kind === "EIO" && this.writes > fault.at) return await work()
    await half?.()
    throw failure(fault.kind, "the disk fails")
  }

  #handle(real: promises.FileHandle, path: string, isWritable: boolean): promises.FileHandle {
    const file = this.#names.get(path)
    this.handles++
    let isOpen = true
    const close = async (): Promise<void> => {
      if (isOpen) this.handles--
      isOpen = false
      await real.close()
    }
    const sync = async (): Promise<void> =>
      await this.#write(async () => {
        // Nothing real is synced: what counts is what is remembered here.
        if (!isWritable && statSync(path).isDirectory()) this.#syncFolder(path)
        else if (file !== undefined) file.synced = readFileSync(file.path)
      })
    const write = async (data: Uint8Array | string, ...rest: unknown[]): Promise<unknown> => {
      const apply = real.write.bind(real) as (...given: unknown[]) => Promise<unknown>
      const half = data.length > 1 ? () => apply(data.slice(0, data.length >> 1)) : undefined
      return await this.#write(async () => await apply(data, ...rest), half)
    }
    const mine: Record<string | symbol, unknown> = {
      close,
      write,
      sync,
      datasync: sync,
      appendFile: async (data: string) => await this.#write(async () => await real.appendFile(data)),
      truncate: async (size: number) => await this.#write(async () => await real.truncate(size)),
    }
    return new Proxy(real, {
      get: (target, name) => {
        if (name in mine) return mine[name]
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === "function" ? (value as () => unknown).bind(target) : value
      },
    })
  }

  #made(path: string): void {
    const known = this.#names.get(path)
    if (known !== undefined) return
    const file = { synced: Buffer.alloc(0), path }
    this.#change(path, (names) => void names.set(path, file))
  }

  #renamed(from: string, to: string): void {
    const file = this.#names.get(from)
    if (file === undefined) return
    file.path = to
    this.#change(to, (names) => {
      names.delete(from)
      names.set(to, file)
    })
  }

  #change(path: string, apply: (names: Map<string, DiskFile>) => void): void {
    apply(this.#names)
    this.#changes.push({ folder: dirname(path), apply })
  }

  #syncFolder(folder: string): void {
    for (const change of this.#changes) if (change.folder === folder) change.apply(this.#synced)
    this.#changes = this.#changes.filter((change) => change.folder !== folder)
  }
}

/** The one disk of a test file. */
export const disk: FaultyDisk = new FaultyDisk()

function nameOf(path: unknown): string {
  if (typeof path !== "string") throw new TypeError("Expected a path to be a string")
  return path
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(`${code}: ${message}`), { code })
}

/** What is left of a file: all that was synced, and of the rest whatever reached the disk. */
function survived({ synced, path }: DiskFile, random: () => number): Buffer {
  const now = existsSync(path) ? readFileSync(path) : synced
  if (!now.subarray(0, synced.length).equals(synced)) return random() < 0.5 ? synced : now
  const rest = Buffer.from(now.subarray(synced.length))
  const drawn = random()
  if (drawn < 0.2) return synced
  const length = drawn < 0.5 ? rest.length : Math.floor(random() * (rest.length + 1))
  if (drawn > 0.7) {
    for (let from = 0; from < length; from += block) {
      const fate = random()
      const piece = rest.subarray(from, Math.min(from + block, length))
      if (fate < 0.3) piece.fill(0)
      else if (fate < 0.4) piece.forEach((_, index) => (piece[index] = Math.floor(random() * 256)))
    }
  }
  return Buffer.concat([synced, rest.subarray(0, length)])
}
