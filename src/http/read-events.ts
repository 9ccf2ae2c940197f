// Server-sent events of a body, one by one.
//
// The reader is pushed (`event-reader.ts`), a loop pulls: here one becomes the other. What must stay true: what
// came before a failure is handed out before the failure is thrown.
import { EventStreamError } from "./errors.ts"
import type { ServerSentEvent } from "./event-reader.ts"
import { EventReader } from "./event-reader.ts"

/** Reads the events of a body. */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  limit?: number,
): AsyncGenerator<ServerSentEvent, void, void> {
  const reader = new EventReader(limit)
  for await (const piece of body) {
    yield* reader.feed(piece)
    refuseTooLarge(reader)
  }
  yield* reader.end()
  refuseTooLarge(reader)
}

function refuseTooLarge({ isTooLarge, limit }: EventReader): void {
  if (isTooLarge)
    throw new EventStreamError(`Cannot read event: it is larger than ${limit} characters`, "too-large")
}
