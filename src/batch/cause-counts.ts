// How often each kind of failure came, with the first of each as an example.
//
// Kinds are words of ours or of a server, so there might be any number of them: beyond a few dozen they are counted
// together, and a report stays a page. Examples are cut, for a message may be as long as a book.

import type { ReportCause } from "./batch-report.ts"

const mostCauses = 40
const longestText = 300
/** Under this name the rest is counted. */
const others = "others"

/** Failures by kind. */
export class CauseCounts {
  readonly #causes: Map<
    string,
    { count: number; readonly customId: string; readonly message: string | null }
  > = new Map()

  add(cause: string, customId: string, message: string | null): void {
    const isRoom = this.#causes.size < mostCauses || this.#causes.has(cause)
    const name = isRoom ? cut(cause) : others
    const known = this.#causes.get(name)
    if (known !== undefined) known.count++
    else this.#causes.set(name, { count: 1, customId: cut(customId), message: message && cut(message) })
  }

  /** The most frequent first. */
  list(): ReportCause[] {
    return [...this.#causes]
      .map(([cause, rest]) => ({ cause, ...rest }))
      .sort((one, other) => other.count - one.count)
  }
}

/** A text that is no longer than a page wants it. */
export function cut(text: string): string {
  return text.length <= longestText ? text : `${text.slice(0, longestText)}…`
}
