// Where records go: a file that syncs, a stream that does not, or a place that puts them in order first.
//
// What the settler needs of each is the same: hand a line over and hear when it is as safe as it gets there.
// The promise of `append` is that moment, and the order of the calls is the order of the lines.

/** Takes whole lines. */
export interface RecordSink {
  /** Makes sure that lines can be taken; called before anything is sent. */
  open(): Promise<void>
  /** @param line - Ends with a newline. @returns When it is safe. */
  append(line: string): Promise<void>
  /** Waits for what was appended. Does nothing the second time. */
  close(): Promise<void>
}

/** What a writable stream of Node has, such as standard output. */
export interface OutputStream {
  write(text: string, done: (error?: Error | null) => void): unknown
}

/** Records on a stream: in the order of the calls, and as safe as whoever reads it makes them. */
export class StreamSink implements RecordSink {
  readonly #stream: OutputStream
  /** The first error; nothing is written afterwards. */
  #failure: Error | null = null
  /** Settles with the last line that was handed over; never rejects. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(stream: OutputStream) {
    this.#stream = stream
  }

  async open(): Promise<void> {}

  append(line: string): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure)
    const written = new Promise<void>((resolve, reject) => {
      this.#stream.write(line, (error) => {
        if (error === null || error === undefined) resolve()
        else
          reject(
            (this.#failure ??= new Error(`Cannot write the answers: ${error.message}`, { cause: error })),
          )
      })
    })
    this.#last = written.catch(() => {})
    return written
  }

  async close(): Promise<void> {
    await this.#last
  }
}
