// When the tokens of a stream came.
//
// An event with content counts as one token, as servers send them; what comes in one piece of bytes
// came at one time. What must stay true: nothing but content is counted.

/** Times of one answer, in milliseconds. */
export interface StreamTiming {
  /** From sending the request to its first token; null if none came, or the answer was not streamed. */
  readonly firstToken: number | null
  /** Between one token and the next, in order. */
  readonly gaps: readonly number[]
  /** From sending the request to the end of its answer. */
  readonly total: number
}

export class TokenTimes {
  /** Time of the clock at which the request was sent. */
  readonly #started: number
  /** Time of the last token; null before the first. */
  #last: number | null = null
  #firstToken: number | null = null
  readonly #gaps: number[] = []

  constructor(started: number) {
    this.#started = started
  }

  /** Whether a token has come. */
  get hasBegun(): boolean {
    return this.#last !== null
  }

  /** A token came at this time of the clock. */
  heard(now: number): void {
    if (this.#last === null) this.#firstToken = now - this.#started
    else this.#gaps.push(now - this.#last)
    this.#last = now
  }

  timing(now: number): StreamTiming {
    return { firstToken: this.#firstToken, gaps: this.#gaps, total: now - this.#started }
  }
}
