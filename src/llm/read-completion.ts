// A whole answer, read to its end.
//
// The door for rooms and programs that send their requests themselves, such as a batch with
// streaming: bytes in, the ordinary body out, with the limits on content that a client has.
import type { HttpResponse } from "../http/index.ts"
import type { AnswerOptions, ReadCompletion } from "./answer-stream.ts"
import { AnswerStream } from "./answer-stream.ts"

/**
 * Reads the answer to a request for a completion, streamed or not, and gives the ordinary body.
 *
 * For programs that send their requests themselves; {@link LlmClient} does both.
 *
 * **Cancellation.** Closes the connection, then throws.
 *
 * @param response - An answer with status 2xx; it must be read in the task that asked for it.
 * @param options - The path of the request, and the limits on silence.
 * @throws {LlmAnswerError} If the answer broke off, reports a problem or makes no sense.
 * @throws {LlmTimeoutError} If no content came for too long, or a limit of the request ran out.
 *
 * @example A request of your own
 * ```ts no-run
 * import { HttpClient } from "tsyncio/http"
 *
 * await using client = new HttpClient({ baseUrl: "http://127.0.0.1:8080", timeout: { total: Infinity } })
 * const path = "/v1/chat/completions"
 * const json = { model: "mock-small", stream: true, messages: [{ role: "user", content: "Hello" }] }
 * const response = await (await client.post(path, { json })).orThrow()
 * const { body, timing } = await readCompletion(response, { path, idle: 30_000 })
 * console.log(body["choices"], timing.firstToken)
 * ```
 */
export async function readCompletion(
  response: HttpResponse,
  options: AnswerOptions,
): Promise<ReadCompletion> {
  return new AnswerStream(response, options).readAll()
}
