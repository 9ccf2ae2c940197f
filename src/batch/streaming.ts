// Whether a line's answer comes as a stream, and what its request says for that.
//
// A line that says `stream: true` itself is sent as it stands. Where the run asks for it, the words are put at the
// end of the body when it is sent; they are no part of what makes two requests the same, since the record is the
// same either way, so a run may be continued with and without. What must stay true: nobody is asked to stream who
// cannot, embeddings for instance.

/** `own`: the line asks for a stream itself; `added`: the run does; `none`: an ordinary answer. */
export type Streaming = "own" | "added" | "none"

const usage = ',"stream_options":{"include_usage":true}'
/** The hosted service pads its streams unless it is told not to. */
const hostedUsage = ',"stream_options":{"include_usage":true,"include_obfuscation":false}'

/** How the answer to a body is to come. */
export function streamingOf(
  said: unknown,
  target: { readonly method: string; readonly path: string },
  isWanted: boolean,
): Streaming {
  if (said === true) return "own"
  const canStream = target.method === "POST" && /\/(completions|responses|messages)$/.test(bare(target.path))
  return said === undefined && isWanted && canStream ? "added" : "none"
}

/**
 * The body as it is sent.
 *
 * @param body - JSON text of an object.
 * @param options.countTokens - Ask for `usage` at the end of the stream, where that must be asked for.
 */
export function sentBody(
  body: string,
  streaming: Streaming,
  options: { readonly path: string; readonly host: string; readonly countTokens: boolean },
): string {
  if (streaming !== "added") return body
  const { path, host, countTokens } = options
  const mayAsk = countTokens && bare(path).endsWith("/completions") && !body.includes('"stream_options":')
  const asked = !mayAsk ? "" : host === "api.openai.com" ? hostedUsage : usage
  return `${body.slice(0, -1)}${body === "{}" ? "" : ","}"stream":true${asked}}`
}

/** Whether a server refused a body of {@link sentBody} because it does not know how to count tokens in a stream. */
export function refusesCount(status: number, text: string): boolean {
  return status === 400 && text.includes("stream_options")
}

function bare(path: string): string {
  return path.replace(/[?#].*$/, "").replace(/\/+$/, "")
}
