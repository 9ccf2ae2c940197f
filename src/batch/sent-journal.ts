// Which requests were sent, written down before they are: `<output>.sent.jsonl`, if it is wanted.
//
// A process that dies leaves requests on their way that may have been worked on and billed; without this nobody
// knows which. With it the next run can say, and can leave them alone. It costs a write before each request, so it
// is only kept on demand. What must stay true: no request leaves before its line is as safe as the output's lines
// are, and safe from the end of the process at least.

import { open, rm } from "node:fs/promises"
import { clock } from "../core/lowlevel.ts"
import { openLines } from "./open-lines.ts"
import type { Durability, OutputFile } from "./output-file.ts"
import { recordId } from "./output-record.ts"
import { readLines } from "./read-lines.ts"
import type { RequestItem } from "./request-line.ts"

/** The journal of one output. */
export class SentJournal {
  readonly #file: OutputFile

  private constructor(file: OutputFile) {
    this.#file = file
  }

  /** @throws {Error} If it cannot be written. */
  static async open(path: string, durability: Durability): Promise<SentJournal> {
    return new SentJournal(await openLines(path, durability === "none" ? "flush" : durability))
  }

  /** @returns When the request may leave. */
  async note(item: RequestItem, attempt: number): Promise<void> {
    const at = new Date(clock.wallTime()).toISOString()
    const line = { id: recordId(item), custom_id: item.customId, attempt, at }
    await this.#file.append(`${JSON.stringify(line)}\n`)
  }

  /** @param isDone - Whether every request has its record: then there is nothing left to know. */
  async close(isDone: boolean): Promise<void> {
    await this.#file.close()
    if (isDone) await rm(this.#file.path, { force: true })
  }
}

/** Calls `visit` with each request that a journal names; lines that are none are passed over. */
export async function readSent(path: string, visit: (customId: string) => void): Promise<void> {
  const file = await open(path, "r").catch(() => null)
  if (file === null) return
  try {
    for await (const block of readLines(file)) {
      for (const { text } of block) {
        const customId = nameIn(text)
        if (customId !== null) visit(customId)
      }
    }
  } finally {
    await file.close()
  }
}

function nameIn(text: string): string | null {
  try {
    const { custom_id: customId } = JSON.parse(text) as { readonly custom_id?: unknown }
    return typeof customId === "string" ? customId : null
  } catch {
    return null
  }
}
