// A server that answers each request with bytes that were decided beforehand, cut where it is told.
import type { IncomingMessage, ServerResponse } from "node:http"
import type { LocalServer } from "../http/local-server.ts"
import { bodyOf, serve } from "../http/local-server.ts"

export interface ScriptedAnswer {
  /** Each becomes a chunk of its own on the wire. */
  readonly pieces: readonly (string | Buffer)[]
  /** What follows the last piece. @default "end" */
  readonly ending?: "end" | "reset" | "nothing" | "comments"
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface ScriptedServer extends LocalServer {
  /** What is answered from now on, each request in turn; the last one for all that follow. */
  answers: ScriptedAnswer[]
  /** Bodies of the requests. */
  readonly asked: Record<string, unknown>[]
  readonly requests: IncomingMessage[]
}

export async function serveStreams(...answers: ScriptedAnswer[]): Promise<ScriptedServer> {
  const asked: Record<string, unknown>[] = []
  const requests: IncomingMessage[] = []
  const server = await serve(async (request, response) => {
    requests.push(request)
    asked.push(JSON.parse(await bodyOf(request)) as Record<string, unknown>)
    const answer = scripted.answers.length > 1 ? scripted.answers.shift() : scripted.answers[0]
    send(response, answer as ScriptedAnswer)
  })
  const scripted = Object.assign(server, { answers, asked, requests })
  return scripted
}

function send(
  response: ServerResponse,
  { pieces, ending = "end", status = 200, headers }: ScriptedAnswer,
): void {
  response.writeHead(status, { "content-type": "text/event-stream", "x-request-id": "req_7", ...headers })
  for (const piece of pieces) response.write(piece)
  if (ending === "end") response.end()
  else if (ending === "reset")
    response.write("", () => setImmediate(() => response.socket?.resetAndDestroy()))
  else if (ending === "comments") {
    const timer = setInterval(() => response.write(": keep-alive\n\nevent: ping\ndata: {}\n\n"), 5)
    response.once("close", () => clearInterval(timer))
  } else response.flushHeaders()
}

/** Cuts bytes before each of the given places. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.toSorted((a, b) => a - b), bytes.length]
  return edges
    .slice(1)
    .map((end, index) => bytes.subarray(edges[index], end))
    .filter(({ length }) => length > 0)
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}
