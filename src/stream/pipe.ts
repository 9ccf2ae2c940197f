// Bytes from a reader to a writer, until there are none.
//
// What was read is written in the same step, with no wait in between, so that a cancel at any moment
// loses nothing: a byte is in the reader, or with the writer. The wait for the writer comes before the
// next read, which is what slows the source down.
import type { WaitOptions } from "../core/lowlevel.ts"
import { clock, refusal } from "../core/lowlevel.ts"
import type { StreamReader } from "./stream-reader.ts"
import type { StreamWriter } from "./stream-writer.ts"
import { noWait } from "./write-flow.ts"

/** Settings of {@link pipe}. */
export interface PipeOptions extends WaitOptions {
  /**
   * What to do with the writer when the reader has ended: tell the other side that nothing more will come
   * (`"eof"`, which closes where only that can be), close the connection, or nothing. @default "eof"
   */
  readonly end?: "eof" | "close" | "nothing" | undefined
}

const pieceSize = 65_536

/**
 * Copies bytes from a reader to a writer until the reader ends, as fast as the writer takes them.
 *
 * A hose. Two of them, in a group, make a proxy.
 *
 * **Cancellation.** Safe: what was read has been written, what was not read is still in the reader.
 *
 * @param options.end - What becomes of the writer at the end of the reader. @default "eof"
 * @param options.signal - Ends the copying with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds for all of it, after which it throws a TimeoutError. @default no limit
 * @returns How many bytes were copied.
 * @throws {ConnectionResetError} If the connection that is written to is gone.
 * @throws {InvalidStateError} If another task reads from the reader.
 *
 * @example An echo
 * ```ts
 * const [client, server] = memoryPair()
 * client.writer.write("hello")
 * client.writer.writeEof()
 * await pipe(server.reader, server.writer) // => 5
 * new TextDecoder().decode(await client.reader.read()) // => "hello"
 * ```
 */
export async function pipe(
  reader: StreamReader,
  writer: StreamWriter,
  options: PipeOptions = {},
): Promise<number> {
  const refused = refusal(options)
  if (refused !== null) return refused
  const limit = limitOf(options)
  let count = 0
  for (;;) {
    const piece = await reader.read(pieceSize, limit())
    if (piece.length === 0) break
    writer.write(piece)
    count += piece.length
    const drained = writer.drain(limit())
    if (drained !== noWait) await drained
  }
  if (options.end === "close" || (options.end !== "nothing" && !writer.canWriteEof())) writer.close()
  else if (options.end !== "nothing") writer.writeEof()
  return count
}

/** The limits of each wait, so that all of them together keep the limit of the whole. */
function limitOf({ signal, timeout }: PipeOptions): () => WaitOptions | undefined {
  if (timeout === undefined) return () => (signal === undefined ? undefined : { signal })
  const deadline = clock.now() + timeout
  return () => ({ signal, timeout: Math.max(0, deadline - clock.now()) })
}
