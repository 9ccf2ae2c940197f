// The events in the bytes of a body, as far as they have come.
//
// The parser is a library's; here are the edges it leaves open. Bytes are decoded across pieces,
// since a character may be cut; an event has a size limit; and the end is told apart: a body that
// ended without the last empty line gives its last event with `truncated`, because some servers
// never send that line. It is pushed, not pulled, so that the many small events of one piece cost
// no turn each. What must stay true: events come in order and each once, however the bytes were cut.
import type { EventSourceParser } from "eventsource-parser"
import { createParser } from "eventsource-parser"

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

/**
 * Reads server-sent events out of bytes that somebody else receives.
 *
 * A sieve: pieces in, the events that are whole with them out. Whoever has a URL uses `client.events(url)`, which
 * does the rest as well.
 *
 * @param limit - The largest event, in characters. @default 16777216
 *
 * @example A character cut in two
 * ```ts
 * const bytes = new TextEncoder().encode("data: \u00e9\n\n")
 * const reader = new EventReader()
 * reader.feed(bytes.subarray(0, 7)).length // => 0
 * reader.feed(bytes.subarray(7)).map(({ data }) => data) // => ["\u00e9"]
 * ```
 */
export class EventReader {
  readonly #decoder = new TextDecoder()
  /** The largest event, in characters. */
  readonly limit: number
  /** Events that were read and not handed on. */
  #ready: ServerSentEvent[] = []
  #lastId = ""
  /** The last two characters, in which the parser may hold back an empty line that ends with `\r`. */
  #tail = ""
  #isTooLarge = false
  /** Set while the end is read: what comes out now was not ended by the server. */
  #isCutOff = false
  readonly #parser: EventSourceParser

  constructor(limit: number = EVENT_LIMIT) {
    this.limit = limit
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

  /** Whether an event was larger than the limit: nothing comes any more. */
  get isTooLarge(): boolean {
    return this.#isTooLarge
  }

  /** The events that are whole with this piece. */
  feed(piece: Uint8Array): readonly ServerSentEvent[] {
    return this.#feedText(this.#decoder.decode(piece, { stream: true }))
  }

  /** The body has ended. @returns What stands in the last event. */
  end(): readonly ServerSentEvent[] {
    const events = this.#feedText(this.#decoder.decode())
    this.#isCutOff = !/^[\r\n]\r$/.test(this.#tail)
    return [...events, ...this.#feedText("\n\n")]
  }

  #feedText(text: string): readonly ServerSentEvent[] {
    if (text !== "" && !this.#isTooLarge) {
      this.#parser.feed(text)
      this.#tail = (this.#tail + text).slice(-2)
    }
    const events = this.#ready
    if (events.length > 0) this.#ready = []
    return events
  }
}
