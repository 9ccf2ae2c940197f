// A server on the virtual clock that counts as providers do, and the parts of a run that talk to it.
//
// It keeps what it let in, refuses what is over its limits in any stretch of a minute, and answers after a while
// with `usage`. Nothing of it is real but the rules.

import { RequestSender } from "../../src/batch/request-sender.ts"
import type { SendOutcome } from "../../src/batch/request-sender.ts"
import { BatchStatistics } from "../../src/batch/batch-statistics.ts"
import type { BatchEvent, BatchOptions } from "../../src/batch/index.ts"
import { modelLanes, type NumberedLine } from "../../src/batch/model-lanes.ts"
import { parseRequestLine, type RequestItem } from "../../src/batch/request-line.ts"
import { resolveOptions } from "../../src/batch/resolve-options.ts"
import { RunBrake } from "../../src/batch/run-brake.ts"
import { map, sleep } from "../../src/index.ts"
import { HttpConnectionError, type HttpClient, type HttpResponse } from "../../src/http/index.ts"
import { now } from "../../src/testing/index.ts"

export interface SimulatedRequest {
  readonly time: number
  readonly model: string
  readonly body: Readonly<Record<string, unknown>>
  /** Input and output tokens as they turned out; 0 for a refusal. */
  input: number
  output: number
}

export interface SimulatedAnswer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly input?: number
  readonly output?: number
  /** ms until it is there. @default 1000 */
  readonly latency?: number
  /** In place of a JSON body. */
  readonly text?: string
  /** No answer at all: the connection is refused. */
  readonly isGone?: boolean
  /** No answer, and the request may have been worked on: the connection breaks. */
  readonly isLost?: boolean
}

export class SimulatedServer {
  readonly seen: SimulatedRequest[] = []
  inFlight = 0
  peak = 0
  readonly #answer: (request: SimulatedRequest, index: number, server: SimulatedServer) => SimulatedAnswer

  constructor(
    answer: (request: SimulatedRequest, index: number, server: SimulatedServer) => SimulatedAnswer = () => ({
      status: 200,
    }),
  ) {
    this.#answer = answer
  }

  /** What was seen in the stretch of `ms` that ends now, this request included. */
  within(ms: number, model: string, what: (request: SimulatedRequest) => number): number {
    let sum = 0
    for (let at = this.seen.length - 1; at >= 0; at--) {
      const request = this.seen[at] as SimulatedRequest
      if (request.time <= now() - ms) break
      if (request.model === model) sum += what(request)
    }
    return sum
  }

  /** The client of a run: as much of one as a sender needs. */
  get client(): Pick<HttpClient, "request"> {
    const request: HttpClient["request"] = async (method, url, options) => {
      const body = JSON.parse(typeof options?.body === "string" ? options.body : "{}") as Readonly<
        Record<string, unknown>
      >
      const seen: SimulatedRequest = { time: now(), model: String(body["model"]), body, input: 0, output: 0 }
      this.seen.push(seen)
      const answer = this.#answer(seen, this.seen.length - 1, this)
      seen.input = answer.input ?? 0
      seen.output = answer.output ?? 0
      this.peak = Math.max(this.peak, ++this.inFlight)
      try {
        await sleep(answer.latency ?? 1000)
      } finally {
        this.inFlight--
      }
      if (answer.isGone === true) {
        const details = { method, url: String(url), attempts: 1, requestSent: false }
        throw new HttpConnectionError("refused", { ...details, phase: "connect", reusedSocket: false })
      }
      if (answer.isLost === true) {
        const details = { method, url: String(url), attempts: 1, requestSent: true }
        throw new HttpConnectionError("broken", { ...details, phase: "body", reusedSocket: false })
      }
      const usage = { prompt_tokens: seen.input, completion_tokens: seen.output }
      const text = answer.text ?? JSON.stringify(answer.body ?? { choices: [], usage })
      const headers = { get: (name: string) => answer.headers?.[name] ?? null }
      return { status: answer.status, headers, text: async () => text } as unknown as HttpResponse
    }
    return { request }
  }
}

/** A run of the sender over so many requests. */
export class SimulatedRun {
  readonly statistics: BatchStatistics = new BatchStatistics()
  readonly events: BatchEvent[] = []
  readonly brake: RunBrake
  readonly outcomes: (SendOutcome | null)[] = []
  readonly #sender: RequestSender

  constructor(server: SimulatedServer, options: Partial<BatchOptions> = {}) {
    const settings = resolveOptions({ input: "in", output: "out", baseUrl: "http://simulated", ...options })
    const emit = (event: BatchEvent): void => void this.events.push(event)
    this.brake = new RunBrake((reason, message) => emit({ type: "stop", reason, message }))
    const { statistics, brake } = this
    this.#sender = new RequestSender({
      settings,
      client: server.client,
      statistics,
      brake,
      emit,
      journal: null,
    })
  }

  /** Sends bodies until `until`, or all of them. */
  async send(bodies: Iterable<object>, until: number = Infinity, url?: string): Promise<void> {
    const { brake } = this
    const work = (function* (): Generator<RequestItem> {
      let line = 0
      for (const body of bodies) {
        if (now() >= until || brake.isSet) return
        yield itemOf(body, ++line, url)
      }
    })()
    const sender = this.#sender
    const slots = { concurrency: sender.slots, ordered: false }
    const lines = modelLanes(asSource(work), sender, brake)
    const send = ({ line }: NumberedLine): Promise<SendOutcome | null> => sender.send(line as RequestItem)
    for await (const outcome of map(lines, send, slots)) this.outcomes.push(outcome)
    brake.inputEnded()
  }
}

async function* asSource<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

export function itemOf(body: object, line: number = 1, url: string = "/v1/chat/completions"): RequestItem {
  const text = JSON.stringify({ custom_id: `c${line}`, url, body })
  const item = parseRequestLine({ number: line, start: 0, end: 0, text, problem: null, ended: true }, {})
  if (item.kind !== "request") throw new Error(item.message)
  return item
}
