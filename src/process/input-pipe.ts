// The input of a process, as a writer sees it.
//
// Carries what is written to Node's stream, and tells the flow when a writer has to wait. What must stay
// true: closing it closes the input and not the process; one that does not read on is told by the next
// `drain()`, and is no failure of the process.
import type { Writable } from "node:stream"
import type { Transport } from "../stream/index.ts"
import { ConnectionResetError, WriteFlow } from "../stream/index.ts"

/** Carries what is written to the input of a process. */
export class InputPipe implements Transport {
  readonly flow: WriteFlow = new WriteFlow()
  readonly #stream: Writable
  #isClosing = false
  #error: Error | null = null

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on("drain", () => this.flow.resume())
    stream.on("error", (error: Error & { code?: string }) => {
      const text = `The process does not read any more: ${error.message}`
      this.#error ??= new ConnectionResetError(text, { code: error.code, cause: error })
    })
    stream.once("close", () => this.#lose())
    if (stream.destroyed) this.#lose()
  }

  write(data: Uint8Array | string): void {
    if (!this.#isClosing && !this.#stream.write(data)) this.flow.pause()
  }

  canWriteEof(): boolean {
    return true
  }

  // The end of its input is all that can be closed.
  writeEof(): void {
    this.close()
  }

  close(): void {
    this.#isClosing = true
    this.#stream.end(() => this.flow.resume())
  }

  abort(): void {
    this.#isClosing = true
    this.#stream.destroy()
  }

  isClosing(): boolean {
    return this.#isClosing || this.flow.isLost
  }

  pauseReading(): void {}

  resumeReading(): void {}

  extraInfo(): undefined {
    return undefined
  }

  toString(): string {
    return "<pipe>"
  }

  #lose(): void {
    const hasUnsent = !this.#stream.writableFinished
    this.flow.lose(hasUnsent ? this.#error : null, hasUnsent)
  }
}
