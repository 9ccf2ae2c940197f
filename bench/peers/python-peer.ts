// Python's asyncio, or uvloop, as a child process that does the identical work.
//
// One interpreter serves all rounds of a question: it is told a program's name on a line and answers
// with what its own clock measured, so neither its start nor the pipe is counted.
import type { ChildProcessWithoutNullStreams } from "node:child_process"
import { spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { settings } from "../settings.js"

/** An interpreter as scripts/peers.mjs finds it. */
export interface Python {
  /** How its figures are headed, such as `asyncio 3.13.0`. */
  readonly label: string
  readonly path: string
  readonly loop: "asyncio" | "uvloop"
  readonly hasAiohttp: boolean
}

/** A running interpreter. */
export class PythonPeer {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>

  constructor({ path, loop }: Python, env: Readonly<Record<string, string>> = {}) {
    const script = fileURLToPath(new URL("../../../bench/peers/asyncio_peer.py", import.meta.url))
    this.#child = spawn(path, [script, loop, settings.clock], { env: { ...process.env, ...env } })
    this.#child.stderr.pipe(process.stderr)
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** Calls a program again and again for `slice` ms; gives how often, and the seconds that took. */
  async rate(name: string, slice: number): Promise<{ calls: number; seconds: number }> {
    const [calls = 0, seconds = 0] = await this.#ask(`rate ${name} ${slice / 1000}`)
    return { calls, seconds }
  }

  /** What the program called `name` gives. */
  cost(name: string): Promise<readonly number[]> {
    return this.#ask(`cost ${name}`)
  }

  async #ask(line: string): Promise<number[]> {
    this.#child.stdin.write(`${line}\n`)
    const answer = await this.#lines.next()
    if (answer.done === true) throw new Error(`Python failed at "${line}"`)
    return JSON.parse(answer.value) as number[]
  }

  close(): void {
    this.#child.stdin.end()
  }
}
