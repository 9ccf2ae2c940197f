// Which form an answer has, told by the path of its request.
//
// Not by the first event: a stream that breaks off before it must still be known for what it is.
// What must stay true: a path that nobody knows is read as chat completions, which most servers of
// other makers imitate.
import { ChatAssembler } from "./chat-assembler.ts"
import { MessageAssembler } from "./message-assembler.ts"
import { ResponseAssembler } from "./response-assembler.ts"
import type { StreamAssembler } from "./stream-assembler.ts"

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
