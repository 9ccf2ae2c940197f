// The pieces of a body that have come and were not read.
//
// A reader who reads piece by piece, or is not there yet, holds back a body that is ahead of him;
// one who wants it whole lets it come. A body that is not wanted is read away, up to a point where
// a new connection is cheaper. What must stay true: without a reader no more than HIGH_WATER bytes
// and one piece are kept.

/** Bytes that are kept for a reader who is not there yet. */
const HIGH_WATER = 64 * 1024
/** Bytes of a body that is not wanted which are read to keep its connection. */
const MOST_DISCARDED = 128 * 1024

/** What a piece that came calls for: go on, hold the body back, or give it up. */
export type BufferAdvice = "go on" | "hold" | "give up"

export class BodyBuffer {
  /** What becomes of pieces: kept up to HIGH_WATER, kept all, or thrown away. */
  #mode: "hold" | "collect" | "discard" = "hold"
  #pieces: Uint8Array[] = []
  /** Bytes in `#pieces`; in mode `discard`, bytes that came. */
  #size = 0

  /** Whether somebody may be waiting for the next piece. */
  get isPieceWise(): boolean {
    return this.#mode === "hold"
  }

  /** Whether there is room again for a body that was held back. */
  get isLow(): boolean {
    return this.#mode !== "hold" || this.#size <= HIGH_WATER / 2
  }

  add(piece: Uint8Array): BufferAdvice {
    this.#size += piece.length
    if (this.#mode === "discard") return this.#size > MOST_DISCARDED ? "give up" : "go on"
    this.#pieces.push(piece)
    return this.#mode === "hold" && this.#size > HIGH_WATER ? "hold" : "go on"
  }

  /** The beginning of what is kept, which stays; at most so many bytes. */
  peek(most: number): Uint8Array {
    return Buffer.concat(this.#pieces, Math.min(this.#size, most))
  }

  /** The next piece; undefined if there is none. */
  take(): Uint8Array | undefined {
    const piece = this.#pieces.shift()
    if (piece !== undefined) this.#size -= piece.length
    return piece
  }

  takeAll(): Uint8Array[] {
    const pieces = this.#pieces
    this.clear()
    return pieces
  }

  clear(): void {
    this.#pieces = []
    this.#size = 0
  }

  /** Keeps all that comes from now on. */
  collect(): void {
    this.#mode = "collect"
  }

  /** Keeps nothing from now on. */
  discard(): void {
    this.#mode = "discard"
    this.#pieces = []
  }
}
