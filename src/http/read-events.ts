// Server-sent events out of the bytes of a body.
//
// The parser is a library's; here are the edges it leaves open. Bytes are decoded across pieces,
// since a character may be cut; an event has a size limit; and the end is told apart: a body that
// broke off throws, one that ended without the last empty line gives its last event with
// `truncated`, because some servers never send that line. What must stay true: events come in
// order and each once, however the bytes were cut.
import type { EventSourceParser } from "eventsource-parser"
import { createParser } from "eventsource-parser"
import { EventStreamError } from "./errors.ts"

/** One event of a stream. */
export interface ServerSentEvent {
  /** Kind of the event; `"message"` if the server named none. */
  readonly event: string
  /** Its lines, joined by newlines. */
  readonly data: string
  /** The last id that the server has sent so far; empty before the first. */
  readonly id: string
  /** Set on a last event that the server did not end with an empty line: it may not be whole. */
  readonly truncated?: true
}

/** The largest event, in characters, unless the caller says otherwise. */
const EVENT_LIMIT: number = 16 * 1024 * 1024

/** Reads the events of a body. */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  limit: number = EVENT_LIMIT,
): AsyncGenerator<ServerSentEvent, void, void> {
  const reader = new EventReader(limit)
  for await (const piece of body) yield* reader.feed(piece)
  yield* reader.end()
}

class EventReader {
  readonly #decoder = new TextDecoder()
  readonly #limit: number
  /** Events that were read and not handed on. */
  #ready: ServerSentEvent[] = []
  #lastId = ""
  /** The last two characters, in which the parser may hold back an empty line that ends with `\r`. */
  #tail = ""
  #isTooLarge = false
  /** Set while the end is read: what comes out now was not ended by the server. */
  #isCutOff = false
  readonly #parser: EventSourceParser

  constructor(limit: number) {
    this.#limit = limit
    this.#parser = createParser({
      maxBufferSize: limit,
      onEvent: ({ event, data, id }) => {
        if (id !== undefined) this.#lastId = id
        const read = { event: event ?? "message", data, id: this.#lastId }
        this.#ready.push(this.#isCutOff ? { ...read, truncated: true } : read)
      },
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded") this.#isTooLarge = true
      },
    })
  }

  feed(piece: Uint8Array): ServerSentEvent[] {
    return this.#feedText(this.#decoder.decode(piece, { stream: true }))
  }

  end(): ServerSentEvent[] {
    const events = this.#feedText(this.#decoder.decode())
    this.#isCutOff = !/^[\r\n]\r$/.test(this.#tail)
    return [...events, ...this.#feedText("\n\n")]
  }

  #feedText(text: string): ServerSentEvent[] {
    if (text !== "") {
      this.#parser.feed(text)
      this.#tail = (this.#tail + text).slice(-2)
    }
    const events = this.#ready
    this.#ready = []
    if (this.#isTooLarge) {
      throw new EventStreamError(
        `Cannot read event: it is larger than ${this.#limit} characters`,
        "too-large",
      )
    }
    return events
  }
}
