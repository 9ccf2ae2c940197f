// Small programs in a process of their own: exit codes, signals, and what Node does by default.
import { spawn } from "node:child_process"
import { pathToFileURL } from "node:url"
import { join } from "node:path"

const dist = pathToFileURL(join(import.meta.dirname, "../../dist")).href

/** How a program ended. */
export interface ChildEnd {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** What a test does to a program that runs. */
export interface Child {
  /** Resolves once `text` has been written to stdout, for the `count`-th time. */
  says(text: string, count?: number): Promise<void>
  kill(signal: NodeJS.Signals): void
}

/**
 * Runs `source` as an ES module; `run`, `sleep` and whatever else it names are there.
 * @param play - Talks to the program while it runs.
 */
export async function runProgram(
  source: string,
  play: (child: Child) => Promise<void> = async () => {},
  nodeOptions: readonly string[] = [],
): Promise<ChildEnd> {
  const header = `const dist = "${dist}"
import * as tsyncio from "${dist}/index.js"
import * as lowlevel from "${dist}/core/lowlevel.js"
const { ${names.join(", ")} } = tsyncio
`
  const args = [...nodeOptions, "--input-type=module", "--eval", header + source]
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] })
  let stdout = ""
  let stderr = ""
  const listeners = new Set<() => void>()
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text
    for (const listener of listeners) listener()
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text
  })
  const ended = new Promise<ChildEnd>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  const says = (text: string, count = 1): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (stdout.split(text).length <= count) return
        listeners.delete(look)
        resolve()
      }
      listeners.add(look)
      look()
      void ended.then((end) => reject(new Error(`Ended before it said "${text}": ${JSON.stringify(end)}`)))
    })
  try {
    await play({ says, kill: (signal) => void child.kill(signal) })
  } catch (error) {
    child.kill("SIGKILL")
    throw error
  }
  return ended
}

const names = [
  "run",
  "createTask",
  "taskGroup",
  "cancelScope",
  "cancellable",
  "sleep",
  "timeout",
  "Future",
  "Task",
  "CancelledError",
  "currentTask",
  "isCancelled",
  "Semaphore",
]
