// What carries the bytes of a connection, as its reader and writer see it.
//
// Rooms above bring one: net a socket, `memoryPair` a pair of buffers. A transport feeds a reader, takes
// what the writer gives it without waiting, and tells its `flow` when the writer should wait, and when
// the connection is gone. What must stay true: after `flow.lose` it calls nobody any more.
import type { ReadTransport } from "./stream-reader.ts"
import type { WriteFlow } from "./write-flow.ts"

/** Carries bytes both ways; see {@link StreamWriter} for what each method means to a user. */
export interface Transport extends ReadTransport {
  /** Whether the writer has to wait, and what became of the connection. */
  readonly flow: WriteFlow
  /** Takes bytes or text; drops them once it is closing. */
  write(data: Uint8Array | string): void
  canWriteEof(): boolean
  writeEof(): void
  /** Sends what was written, then lets go of the connection. */
  close(): void
  /** Lets go of the connection at once. */
  abort(): void
  isClosing(): boolean
  /** What is known of the connection by that name; undefined if nothing is. */
  extraInfo(name: string): unknown
  /** Goes on in secret; absent where that cannot be. */
  startTls?(options: object): Promise<void>
}
