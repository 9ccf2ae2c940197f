// Where the bytes of an input come from: a file, a compressed file, or a stream that passes by once.
//
// What an input is, is decided by its first bytes and not by its name. Files can be read from any place as
// often as one likes; a stream only once, from the beginning, so nothing can be counted or compared before.
// Offsets are those of the text, also in a compressed file.

import { open, type FileHandle } from "node:fs/promises"
import { Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import { cancellable } from "../core/index.ts"
import { BatchRefusedError } from "./batch-refused-error.ts"
import { isGzip } from "./gzip-members.ts"
import { fileChunks } from "./read-lines.ts"

/** Bytes that come by themselves, such as standard input. */
export type InputStream = AsyncIterable<Uint8Array | string>

/** An open input. */
export interface InputSource {
  /** For messages. */
  readonly name: string
  readonly kind: "file" | "gzip" | "stream"
  /** Bytes on the disk; 0 for a stream. */
  readonly size: number
  /** Bytes of a compressed file that the last reading has taken. */
  readonly taken: number
  /** The text from an offset on. A chunk is good until the next is asked for. */
  chunks(from: number): AsyncGenerator<Buffer>
  close(): Promise<void>
}

/** @throws {BatchRefusedError} If there is no such file, or it cannot be read. */
export async function openSource(input: string | InputStream): Promise<InputSource> {
  if (typeof input !== "string") return new StreamSource("the input stream", input, null)
  const file = await open(input, "r").catch((error: unknown) => {
    throw new BatchRefusedError("input", `Cannot read ${input}: ${reasonOf(error)}`, { cause: error })
  })
  const stat = await file.stat()
  if (stat.isDirectory()) {
    await file.close()
    throw new BatchRefusedError("input", `Cannot read ${input}: it is a folder`)
  }
  if (!stat.isFile()) return new StreamSource(input, file.createReadStream({ autoClose: false }), file)
  const first = Buffer.alloc(2)
  await file.read(first, 0, 2, 0)
  return new FileSource(input, file, stat.size, isGzip(first) ? "gzip" : "file")
}

class FileSource implements InputSource {
  readonly name: string
  readonly kind: "file" | "gzip"
  readonly size: number
  taken = 0
  readonly #file: FileHandle

  constructor(name: string, file: FileHandle, size: number, kind: "file" | "gzip") {
    this.name = name
    this.kind = kind
    this.size = size
    this.#file = file
  }

  chunks(from: number): AsyncGenerator<Buffer> {
    if (this.kind === "file") return fileChunks(this.#file, from)
    return afterOffset(inflated(this.#copied(), this.name), from)
  }

  /** zlib reads ahead of us, so it gets bytes of its own. */
  async *#copied(): AsyncGenerator<Buffer> {
    this.taken = 0
    for await (const chunk of fileChunks(this.#file, 0)) {
      this.taken += chunk.length
      yield Buffer.from(chunk)
    }
  }

  async close(): Promise<void> {
    await this.#file.close()
  }
}

class StreamSource implements InputSource {
  readonly name: string
  readonly kind = "stream"
  readonly size = 0
  readonly taken = 0
  readonly #iterator: AsyncIterator<Uint8Array | string>
  readonly #stream: InputStream & { destroy?: () => unknown }
  readonly #file: FileHandle | null
  /** A read is on its way: the iterator cannot be asked to return, it would wait for it. */
  #isReading = false

  constructor(name: string, stream: InputStream, file: FileHandle | null) {
    this.name = name
    this.#stream = stream
    this.#iterator = stream[Symbol.asyncIterator]()
    this.#file = file
  }

  async *chunks(_from: number): AsyncGenerator<Buffer> {
    const raw = this.#raw()
    // The next bytes may be long in coming, and a cancel must not wait for them.
    const first = await cancellable(raw.next())
    if (first.done === true) return
    if (isGzip(first.value)) {
      yield* inflated(withFirst(first.value, raw), this.name)
      return
    }
    for (let step: IteratorResult<Buffer, unknown> = first; step.done !== true;) {
      yield step.value
      step = await cancellable(raw.next())
    }
  }

  async close(): Promise<void> {
    if (this.#stream.destroy !== undefined) this.#stream.destroy()
    else if (!this.#isReading) await this.#iterator.return?.()
    await this.#file?.close().catch(() => {})
  }

  async *#raw(): AsyncGenerator<Buffer> {
    for (;;) {
      this.#isReading = true
      const step = await this.#iterator.next()
      this.#isReading = false
      if (step.done === true) return
      if (step.value.length > 0) yield Buffer.from(step.value as Uint8Array)
    }
  }
}

async function* withFirst(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first
  yield* rest
}

/** Text of gzip data, whoever wrote it. @throws {Error} If the data is damaged or ends early. */
export async function* inflated(chunks: AsyncIterable<Buffer>, name: string): AsyncGenerator<Buffer> {
  const source = Readable.from(chunks)
  const gunzip = createGunzip()
  source.on("error", (error) => gunzip.destroy(error))
  const pieces = source.pipe(gunzip)[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    for (;;) {
      const step = await cancellable(pieces.next())
      if (step.done === true) return
      yield step.value
    }
  } catch (error) {
    const isZlib = error instanceof Error && "code" in error && String(error.code).startsWith("Z_")
    if (isZlib) throw new Error(`Cannot read ${name}: it is damaged (${error.message})`, { cause: error })
    throw error
  } finally {
    gunzip.destroy()
    source.destroy()
  }
}

/** The text after so many bytes. */
async function* afterOffset(chunks: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let left = offset
  for await (const chunk of chunks) {
    if (chunk.length > left) yield left === 0 ? chunk : chunk.subarray(left)
    left = Math.max(0, left - chunk.length)
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file"
  if (code === "EACCES" || code === "EPERM") return "no permission"
  return error instanceof Error ? error.message : String(error)
}
