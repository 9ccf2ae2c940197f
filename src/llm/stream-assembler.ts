// Puts a stream back together: the events of one answer become the body it would have had unstreamed.
//
// One assembler per kind of answer; which one is told by the path of the request. Whoever reads
// the bytes parses each event's data and hands it over; failures that the server reports inside the
// stream are recognised before (`server-problem.ts`). What must stay true: the result depends on
// the events alone, never on how their bytes were cut.
import { ChatAssembler } from "./chat-assembler.ts"
import type { LlmDelta } from "./llm-delta.ts"
import { MessageAssembler } from "./message-assembler.ts"
import { ResponseAssembler } from "./response-assembler.ts"

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

/**
 * The assembler for the answers of an endpoint.
 *
 * @param path - Path of the request: `/v1/messages` and `/v1/responses` have their own form, all others that of
 * chat completions, which text completions share.
 * @param choices - Answers that were asked for, the `n` of the request. @default 1
 *
 * @example A chat completion
 * ```ts
 * const assembler = assemblerFor("/v1/chat/completions")
 * assembler.add({ id: "1", choices: [{ index: 0, delta: { content: "Hel" } }] }) // => [{ kind: "text", text: "Hel", choice: 0 }]
 * assembler.add({ id: "1", choices: [{ index: 0, delta: { content: "lo" }, finish_reason: "stop" }] })
 * assembler.isComplete // => true
 * ```
 */
export function assemblerFor(path: string, choices: number = 1): StreamAssembler {
  const end = path.replace(/[?#].*$/, "").replace(/\/+$/, "")
  if (end.endsWith("/messages")) return new MessageAssembler()
  if (end.endsWith("/responses")) return new ResponseAssembler()
  return new ChatAssembler(choices)
}
