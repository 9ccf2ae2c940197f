// One piece of an answer, as it comes.
//
// What all servers' streams have in common once their wrapping is off. Only content makes a delta:
// text, reasoning, a refusal, a call of a tool. Pings, comments, usage and empty pieces make none,
// so whoever waits for deltas knows whether the model is still at work.

/** What a piece of an answer belongs to. */
export type LlmDeltaKind = "text" | "reasoning" | "refusal" | "tool-call"

/** One piece of content. */
export interface LlmDelta {
  readonly kind: LlmDeltaKind
  /** The new text; of a call of a tool, the next piece of its arguments. */
  readonly text: string
  /** Which choice it belongs to, from 0. */
  readonly choice: number
  /** The call that a piece of kind `tool-call` belongs to; id and name only where the server sends them. */
  readonly call?: { readonly index: number; readonly id?: string; readonly name?: string }
}
