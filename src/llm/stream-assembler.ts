// Puts a stream back together: the events of one answer become the body it would have had unstreamed.
//
// One assembler per kind of answer (`assembler-for.ts`). Whoever reads the bytes parses each event's
// data and hands it over; failures that the server reports inside the stream are recognised before
// (`server-problem.ts`). What must stay true: the result depends on the events alone, never on how
// their bytes were cut.
import type { LlmDelta } from "./llm-delta.ts"

/** Makes one body of many events. */
export interface StreamAssembler {
  /** Whether the server has said that nothing comes any more; chat completions say it by `[DONE]`. */
  isOver: boolean
  /** Whether all of the answer is here, though the server may still have something to say about it. */
  readonly isComplete: boolean
  /** Takes the data of one event. @returns What of it is content. */
  add(data: unknown): readonly LlmDelta[]
  /** The ordinary body, of all that came so far. */
  body(): Record<string, unknown>
}
