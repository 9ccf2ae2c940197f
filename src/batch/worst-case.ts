// The most tokens that a request can take, for a budget that must hold whatever comes.
//
// No token is shorter than a byte, so the bytes of a body bound its tokens; what a server writes around messages is
// shorter than their JSON. An answer is bounded by what the request allows. Where it allows anything, only an
// assumption is left, and it is called one. Not bounded: what a body names by address, such as images.

import type { RequestItem } from "./request-line.ts"

/** Tokens that a request takes at most. */
export interface WorstCase {
  readonly input: number
  readonly output: number
  /** The request sets no limit for its answer: `output` is a guess. */
  readonly isAssumed: boolean
}

/** Assumed of answers without a limit, if none was longer yet. */
const assumedOutput = 4096
/** What servers tell a model about the use of tools. */
const wordsOnTools = 1024

/** @param longest - Output tokens of the longest answer so far. */
export function worstCaseOf(item: RequestItem, longest: number): WorstCase {
  const { body, path, maxTokens, hints, choices } = item
  const hasTools = body !== null && body.includes('"tools":')
  const input = body === null ? 0 : Buffer.byteLength(body) + (hasTools ? wordsOnTools : 0)
  const limit = maxTokens ?? hints?.maxTokensEstimate ?? (answersNothing(path) ? 0 : null)
  if (limit !== null) return { input, output: limit, isAssumed: false }
  return { input, output: Math.max(assumedOutput * choices, longest * 2), isAssumed: true }
}

/** Whether an endpoint writes no tokens. */
export function answersNothing(path: string): boolean {
  return /\/(?:embeddings|moderations)\/?(?:[?#]|$)/.test(path)
}
