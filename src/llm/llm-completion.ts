// A whole answer, as programs use it.
//
// The parts most programs want, laid over what was read; the body stays as the server sent it, or
// as it would have sent it unstreamed, so nothing that is not named here is lost.
import type { ReadCompletion } from "./answer-stream.ts"
import type { CompletionParts } from "./completion-parts.ts"
import { completionParts } from "./completion-parts.ts"

/** The answer to one question. */
export interface LlmCompletion extends CompletionParts, ReadCompletion {
  /** Milliseconds from the call to the end of the answer, waiting in line and repetitions included. */
  readonly latency: number
}

/** @param waited - Milliseconds from the call to the sending of the attempt that was answered. */
export function llmCompletion(read: ReadCompletion, waited: number): LlmCompletion {
  return { ...completionParts(read.body), ...read, latency: waited + read.timing.total }
}
