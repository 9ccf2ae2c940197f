// A server on a free port that answers as a test says, and remembers what it was asked.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** One request as it came, in order of arrival. */
export interface SeenRequest {
  readonly index: number
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
  /** The first user message, for scripts that tell prompts apart. */
  readonly prompt: string
}

/** Answers one request; what it leaves open hangs. */
export type Script = (request: SeenRequest, response: ServerResponse) => void

export class ScriptedServer implements AsyncDisposable {
  readonly seen: SeenRequest[] = []
  readonly url: string
  readonly #server: Server

  private constructor(server: Server, script: Script) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on("request", (request, response) => void this.#answer(request, response, script))
  }

  static async start(script: Script): Promise<ScriptedServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    return new ScriptedServer(server, script)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse, script: Script): Promise<void> {
    let body = ""
    for await (const piece of request.setEncoding("utf8")) body += piece as string
    const { method = "", url = "", headers } = request
    const seen = { index: this.seen.length, method, url, headers, body, prompt: promptOf(body) }
    this.seen.push(seen)
    script(seen, response)
  }
}

function promptOf(body: string): string {
  const parsed = (body === "" ? {} : JSON.parse(body)) as { messages?: { content?: string }[] }
  return parsed.messages?.[0]?.content ?? ""
}

/** A chat completion that repeats the prompt. */
export function reply(request: SeenRequest, response: ServerResponse): void {
  const message = { role: "assistant", content: `answer to ${request.prompt}` }
  const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
  send(response, 200, {
    object: "chat.completion",
    choices: [{ index: 0, message, finish_reason: "stop" }],
    usage,
  })
}

/** Any answer, as JSON. */
export function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(typeof body === "string" ? body : JSON.stringify(body))
}
