// Python's asyncio as a child process that does the identical work.
//
// One interpreter serves all questions: it is given a name on a line and answers with the seconds
// its own clock measured around the work, so neither its start nor the pipe is counted.
import type { ChildProcessWithoutNullStreams } from "node:child_process"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"

/** A running interpreter. */
export class PythonPeer {
  readonly version: string
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>

  private constructor(child: ChildProcessWithoutNullStreams, lines: AsyncIterator<string>, version: string) {
    this.#child = child
    this.#lines = lines
    this.version = version
  }

  /** Starts `python3`; null if there is none. */
  static async open(): Promise<PythonPeer | null> {
    const script = new URL("../../bench/asyncio_peer.py", import.meta.url).pathname
    const child = spawn("python3", [decodeURIComponent(script)])
    child.stderr.pipe(process.stderr)
    const isThere = await new Promise<boolean>((resolve) => {
      child.once("spawn", () => resolve(true))
      child.once("error", () => resolve(false))
    })
    if (!isThere) return null
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const first = await lines.next()
    return first.done === true ? null : new PythonPeer(child, lines, first.value)
  }

  /** Seconds the program called `name` takes. */
  async time(name: string): Promise<number> {
    this.#child.stdin.write(`${name}\n`)
    const answer = await this.#lines.next()
    const seconds = Number(answer.value)
    if (answer.done === true || Number.isNaN(seconds))
      throw new Error(`asyncio failed at ${name}: ${String(answer.value)}`)
    return seconds
  }

  close(): void {
    this.#child.stdin.end()
  }
}
