// Records that came before their turn, on the disk until it comes: `<output>.early-1.jsonl` and so on.
//
// They are written as safely as the output itself, so an answer that waits for a slow neighbour is not asked
// again after a crash: the next run finds it here. The files are small and many, and each is removed when all
// of it stands in the output, so they take no more room than what waits. A place is one number: the file's
// number and the offset in it.

import { open, readdir, rm, type FileHandle } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { OutputFile, type Durability } from "./output-file.ts"
import type { OutputRecord } from "./output-record.ts"
import { scanRecords } from "./scan-records.ts"

/** From this size on a file takes no more. */
const mostBytes = 64 * 1024 * 1024
const perFile = 2 ** 36

interface EarlyFile {
  readonly number: number
  readonly path: string
  /** Null for a file of an earlier run, which takes no more. */
  readonly file: OutputFile | null
  size: number
  /** Records that are not yet in the output. */
  left: number
  reader: FileHandle | null
}

/** Early records of one output. */
export class EarlyRecords {
  readonly #output: string
  readonly #durability: Durability
  readonly #files: Map<number, EarlyFile> = new Map()
  /** Takes new records; null before the first, and after one is full. */
  #current: EarlyFile | null = null
  #lastNumber = 0
  /** Removals under way; never rejects. */
  #removing: Promise<unknown> = Promise.resolve()

  /** @param output - Path the files stand beside. */
  constructor(output: string, durability: Durability) {
    this.#output = output
    // What is read again must have been written.
    this.#durability = durability === "none" ? "flush" : durability
  }

  /** Finds what earlier runs left, telling each record with its place. @returns Bytes of torn tails. */
  async findOld(visit: (record: OutputRecord, place: number) => void): Promise<number> {
    const name = `${basename(this.#output)}.early-`
    let torn = 0
    for (const entry of await readdir(dirname(this.#output) || ".")) {
      const digits = entry.startsWith(name)
        ? /^(\d{1,5})\.jsonl$/.exec(entry.slice(name.length))?.[1]
        : undefined
      if (digits === undefined) continue
      const number = Number(digits)
      const path = join(dirname(this.#output), entry)
      const found: EarlyFile = { number, path, file: null, size: 0, left: 0, reader: null }
      // Mended first: places are those of whole records.
      torn += await scanRecords(path, () => "keep", true)
      await scanRecords(path, (record, line) => {
        found.left++
        visit(record, number * perFile + line.start)
        return "keep"
      })
      this.#files.set(number, found)
      this.#lastNumber = Math.max(this.#lastNumber, number)
    }
    return torn
  }

  /** Adds a record. @returns Its place at once, and when it is safe. */
  add(line: string): { readonly place: number; readonly safe: Promise<void> } {
    const to = (this.#current ??= this.#newFile())
    const place = to.number * perFile + to.size
    to.size += Buffer.byteLength(line)
    to.left++
    if (to.size >= mostBytes) this.#current = null
    return { place, safe: (to.file as OutputFile).append(line) }
  }

  /** Reads a record that is safe, with its newline. */
  async read(place: number): Promise<string> {
    const from = this.#files.get(Math.floor(place / perFile)) as EarlyFile
    from.reader ??= await open(from.path, "r")
    const pieces: Buffer[] = []
    for (let position = place % perFile; ;) {
      const piece = Buffer.allocUnsafe(16 * 1024)
      const { bytesRead } = await from.reader.read(piece, 0, piece.length, position)
      if (bytesRead === 0) throw new Error(`Cannot read ${from.path}: a record is missing`)
      const newline = piece.subarray(0, bytesRead).indexOf(0x0a)
      pieces.push(piece.subarray(0, newline === -1 ? bytesRead : newline + 1))
      if (newline !== -1) return Buffer.concat(pieces).toString("utf8")
      position += bytesRead
    }
  }

  /** Notes that a record stands in the output, as safe as it gets there. */
  done(place: number): void {
    const file = this.#files.get(Math.floor(place / perFile))
    if (file === undefined) return
    file.left--
    if (file.left > 0 || (file === this.#current && file.size < mostBytes / 16)) return
    if (file === this.#current) this.#current = null
    this.#remove(file)
  }

  /** Removes what is done with and keeps what waits. */
  async close(): Promise<void> {
    for (const file of this.#files.values()) {
      if (file.left === 0) this.#remove(file)
      else {
        await file.file?.close()
        await file.reader?.close()
      }
    }
    await this.#removing
  }

  #newFile(): EarlyFile {
    const number = ++this.#lastNumber
    const path = `${this.#output}.early-${number}.jsonl`
    const file = new OutputFile(path, { durability: this.#durability })
    const made: EarlyFile = { number, path, file, size: 0, left: 0, reader: null }
    this.#files.set(number, made)
    return made
  }

  #remove(file: EarlyFile): void {
    this.#files.delete(file.number)
    const removed = async (): Promise<void> => {
      await file.file?.close()
      await file.reader?.close()
      await rm(file.path, { force: true })
    }
    const before = this.#removing
    this.#removing = Promise.allSettled([before, removed()])
  }
}
