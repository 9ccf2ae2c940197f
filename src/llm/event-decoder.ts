// The events in the bytes of a body, as far as they have come.
//
// The parser is a library's; here are the edges it leaves open: a character may be cut between two
// pieces, an event has a size limit, and a body may end without the empty line that ends its last
// event. It is pushed, not pulled, so that the many small events of one piece cost no turn each.
// What must stay true: events come in order and each once, however the bytes were cut.
import type { EventSourceParser } from "eventsource-parser"
import { createParser } from "eventsource-parser"

/** An event, as far as an answer needs it. */
export interface DecodedEvent {
  /** Its name; "message" if the server gave none. */
  readonly event: string
  readonly data: string
}

export class EventDecoder {
  readonly #decoder = new TextDecoder()
  /** Read and not handed on. */
  #ready: DecodedEvent[] = []
  /** Set when an event was larger than the limit: nothing more can be read. */
  isTooLarge = false
  readonly #parser: EventSourceParser

  /** `limit`: the largest event, in characters. */
  constructor(limit: number) {
    this.#parser = createParser({
      maxBufferSize: limit,
      onEvent: ({ event, data }) => void this.#ready.push({ event: event ?? "message", data }),
      onError: ({ type }) => {
        if (type === "max-buffer-size-exceeded") this.isTooLarge = true
      },
    })
  }

  /** The events that are whole with this piece. */
  feed(piece: Uint8Array): readonly DecodedEvent[] {
    return this.#feedText(this.#decoder.decode(piece, { stream: true }))
  }

  /** What stands in the last event if the body has ended without its empty line; it may not be whole. */
  end(): readonly DecodedEvent[] {
    return this.#feedText(`${this.#decoder.decode()}\n\n`)
  }

  #feedText(text: string): readonly DecodedEvent[] {
    if (text !== "" && !this.isTooLarge) this.#parser.feed(text)
    const events = this.#ready
    if (events.length > 0) this.#ready = []
    return events
  }
}
