// One request to the mock server and what is done with it.
//
// The body is gathered by listeners, since nothing can be decided before it is there; then the
// request becomes a task, which waits, answers, spoils its answer or hangs. What must stay true:
// each request is counted in once and out once, whichever of client, task and server leaves
// first; only an answer that left whole counts as answered.
import type { IncomingMessage, ServerResponse } from "node:http"
import { cancellable } from "../core/index.ts"
import { clock } from "../core/lowlevel.ts"
import { sleep } from "../time/index.ts"
import type { MockFailure } from "./mock-options.ts"
import type { MockTally } from "./mock-statistics.ts"
import type { MockState } from "./mock-state.ts"
import type { MockProblem } from "./mock-problem.ts"
import { problemBody, streamProblem } from "./mock-problem.ts"
import { messageEvent } from "./mock-message.ts"
import type { MockForm } from "./mock-form.ts"
import { mockForm } from "./mock-form.ts"

const JSON_TYPE = "application/json"

/** What can become of a stream that has begun. */
export type StreamFailure = Extract<MockFailure, "truncated" | "stream-error" | "stalled">

export class MockExchange {
  /** Shared with all requests of the server. */
  readonly state: MockState
  readonly request: IncomingMessage
  /** Its head is written once, by `#head`; after `reset` not at all. */
  readonly response: ServerResponse
  /** Monotonic time at which the headers were there. */
  readonly #started: number = clock.now()
  /** Unique among the requests of this server. */
  readonly #id: string
  /** Whose words this request is answered in. */
  readonly #form: MockForm
  /** Counted up once when an answer with status 200 leaves whole. */
  readonly #tallies: MockTally[] = []
  /** Set when the server itself broke the answer off: then nobody left, and nothing was answered. */
  #spoiled = false

  constructor(state: MockState, request: IncomingMessage, response: ServerResponse) {
    this.state = state
    this.request = request
    this.response = response
    this.#form = mockForm(request.url as string)
    state.statistics.started()
    this.#id = `req_${state.statistics.requests.toString(36).padStart(10, "0")}`
    const { rawHeaders } = request
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] as string
      if (name.startsWith("x-") || name.startsWith("X-")) state.statistics.header(name.toLowerCase())
    }
    const id = request.headers["x-client-request-id"]
    if (typeof id === "string") this.#tallies.push(state.statistics.clientRequestId(id))
  }

  /** Counts this request for its prompt as well. */
  countPrompt(hash: string): void {
    this.#tallies.push(this.state.statistics.prompt(hash))
  }

  /** The last thing that happens to an exchange; true if the client left before its answer was whole. */
  ended(): boolean {
    const { statistics } = this.state
    statistics.ended()
    if (this.#spoiled) return false
    if (!this.response.writableFinished) {
      statistics.abandoned += 1
      return true
    }
    if (this.response.statusCode !== 200) return false
    statistics.answered += 1
    for (const tally of this.#tallies) tally.answered += 1
    return false
  }

  sendJson(body: string): void {
    this.sendBody(body, JSON_TYPE)
  }

  sendBody(body: string, type: string): void {
    this.#head(200, ["content-type", type, "content-length", String(Buffer.byteLength(body))])
    this.response.end(body)
  }

  sendProblem(problem: MockProblem): void {
    const body = problemBody(problem, this.#form)
    const length = String(Buffer.byteLength(body))
    this.#head(problem.status, ["content-type", JSON_TYPE, "content-length", length, ...problem.headers])
    this.response.end(body)
  }

  /** Announces the whole body, sends half of it and breaks off. */
  async sendTruncatedJson(body: string): Promise<void> {
    const bytes = Buffer.from(body)
    this.#head(200, ["content-type", JSON_TYPE, "content-length", String(bytes.length)])
    await this.#breakOffAfter(bytes.subarray(0, bytes.length >> 1))
  }

  /** Sends events one by one; with `spoil`, only half of them, and then what it says. */
  async sendEvents(events: Iterable<string>, latency: number, spoil: StreamFailure | null): Promise<void> {
    const { response, state } = this
    const { chunkDelay } = state.settings
    const all = [...events]
    const most = spoil === null ? all.length : (all.length >> 1) + 1
    this.#head(200, ["content-type", "text/event-stream; charset=utf-8", "cache-control", "no-cache"])
    if (latency > 0) await this.#stayQuiet(latency)
    for (const [index, event] of all.slice(0, most).entries()) {
      if (index > 0 && chunkDelay > 0) await this.#stayQuiet(chunkDelay)
      await this.#write(event)
    }
    if (spoil === null) response.end()
    else await this.#spoil(spoil, all[most] ?? "")
  }

  async #spoil(spoil: StreamFailure, next: string): Promise<void> {
    this.#spoiled = true
    if (spoil === "truncated") return this.#breakOffAfter(Buffer.from(next.slice(0, next.length >> 1)))
    if (spoil === "stalled") return this.#stayQuiet(Infinity)
    await this.#write(streamProblem(this.#form))
    this.response.end()
  }

  /** Waits, with a sign of life now and then if the server is to give any. */
  async #stayQuiet(duration: number): Promise<void> {
    const end = clock.now() + duration
    const { keepAlive } = this.state.settings
    if (keepAlive !== null) {
      if (!this.response.headersSent) this.response.flushHeaders()
      while (end - clock.now() > keepAlive) {
        await sleep(keepAlive)
        await this.#write(this.#form === "chat" ? ": keep-alive\n\n" : messageEvent("ping", {}))
      }
    }
    await sleep(Math.max(0, end - clock.now()))
  }

  async #write(event: string): Promise<void> {
    if (!this.response.write(event)) await cancellable(drained(this.response))
  }

  /** Closes the connection with a reset, so that the client sees ECONNRESET. */
  reset(): void {
    this.#spoiled = true
    this.request.socket.resetAndDestroy()
  }

  async #breakOffAfter(last: Buffer): Promise<void> {
    this.#spoiled = true
    await cancellable(new Promise<void>((resolve) => void this.response.write(last, () => resolve())))
    this.response.destroy()
  }

  #head(status: number, headers: string[]): void {
    const took = Math.round(clock.now() - this.#started)
    if (this.#form === "message") headers.push("request-id", this.#id)
    else {
      headers.push("x-request-id", this.#id)
      headers.push("openai-processing-ms", String(took), "openai-version", "2020-10-01")
    }
    this.state.limits.addHeaders(headers, this.#form)
    this.state.statistics.status(status)
    this.response.writeHead(status, headers)
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => void response.once("drain", resolve))
}
