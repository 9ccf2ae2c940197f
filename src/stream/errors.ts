// What reading and writing throw when a stream ends or breaks.
//
// The first two carry what a reader needs to go on: the bytes that did come, or how many it may skip.
// The third is one word for all the ways in which a system says that the other side is gone. Each has
// a brand by `Symbol.for`, so that two copies of the package in one process know each other's.
import { brand } from "../core/lowlevel.ts"

/**
 * The stream ended before all that was asked for had come; from `readExactly()` and `readUntil()`.
 *
 * What did come is in `partial`, and not in the reader any more. Differs from
 * {@link LimitOverrunError}, where all is still there.
 */
export class IncompleteReadError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_STREAM_INCOMPLETE_READ"
  /** The bytes before the end. */
  readonly partial: Uint8Array
  /** How many bytes were asked for; null if a separator was. */
  readonly expected: number | null

  constructor(partial: Uint8Array, expected: number | null) {
    const wanted = expected === null ? "a separator" : `${expected} bytes`
    super(`Cannot read ${wanted}: the stream ended after ${partial.length} bytes`)
    this.partial = partial
    this.expected = expected
  }
}
brand(IncompleteReadError, "IncompleteReadError")

/**
 * No separator came within the reader's limit; from `readUntil()`.
 *
 * The bytes stay in the reader: take `consumed` of them by `readExactly()` and look again, or give the
 * reader a larger `limit`.
 */
export class LimitOverrunError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_STREAM_LIMIT_OVERRUN"
  /** How many bytes stand before the separator, or are known to hold none. */
  readonly consumed: number

  constructor(message: string, consumed: number) {
    super(message)
    this.consumed = consumed
  }
}
brand(LimitOverrunError, "LimitOverrunError")

/**
 * The connection is gone: the other side closed or reset it, or this one did.
 *
 * Its `code` is the system's word where there is one (`ECONNRESET`, `EPIPE`), and its `cause` the
 * system's error. Differs from {@link IncompleteReadError}, which is an end in order, but too early.
 */
export class ConnectionResetError extends Error {
  /** The system's word for it. */
  readonly code: string

  constructor(message: string, options?: { readonly code?: string | undefined; readonly cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause })
    this.code = options?.code ?? "ECONNRESET"
  }
}
brand(ConnectionResetError, "ConnectionResetError")
