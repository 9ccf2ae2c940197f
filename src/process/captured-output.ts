// What a process writes, gathered up to a limit.
//
// Pieces stay as they come and are joined once. What must stay true: more than the limit is never kept, and
// whoever gathers is told once that there was more.

/** Gathers the output of one stream. */
export class CapturedOutput {
  readonly #most: number
  readonly #overflow: () => void
  #pieces: Uint8Array[] = []
  #size = 0

  /** @param overflow - Called once when there is more than `most` bytes. */
  constructor(most: number, overflow: () => void) {
    this.#most = most
    this.#overflow = overflow
  }

  add(piece: Uint8Array): void {
    const room = this.#most - this.#size
    if (room < 0) return
    this.#size += piece.length
    this.#pieces.push(piece.length > room ? piece.subarray(0, room) : piece)
    if (this.#size > this.#most) this.#overflow()
  }

  bytes(): Uint8Array {
    const whole = Buffer.concat(this.#pieces)
    return new Uint8Array(whole.buffer, whole.byteOffset, whole.length)
  }

  text(): string {
    return Buffer.concat(this.#pieces).toString("utf8")
  }

  /** The last so many characters, for messages. */
  tail(most: number): string {
    const text = this.text().trimEnd()
    return text.length > most ? `…${text.slice(-most)}` : text
  }
}
