// The errors of a queue: what they are called and how they are told apart.
import { expect, it } from "vitest"
import { Queue, QueueEmptyError, QueueFullError, QueueShutDownError } from "../../src/index.ts"

function thrownBy(fn: () => unknown): unknown {
  try {
    fn()
  } catch (error) {
    return error
  }
  throw new Error("Expected an error")
}

it("each has a name, a code and a brand that another copy of the package knows", () => {
  const empty = thrownBy(() => new Queue().getNowait())
  const queue = new Queue<number>(1)
  queue.putNowait(1)
  const full = thrownBy(() => queue.putNowait(2))
  queue.shutdown()
  const down = thrownBy(() => queue.putNowait(3))
  for (const [error, kind, code] of [
    [empty, QueueEmptyError, "E_SYNC_QUEUE_EMPTY"],
    [full, QueueFullError, "E_SYNC_QUEUE_FULL"],
    [down, QueueShutDownError, "E_SYNC_QUEUE_SHUT_DOWN"],
  ] as const) {
    expect(error).toBeInstanceOf(kind)
    expect(error).toMatchObject({ name: kind.name, code })
    expect((error as Record<symbol, unknown>)[Symbol.for(`tsyncio.${kind.name}`)]).toBe(true)
  }
  expect((empty as Error).message).toBe("Cannot get from queue: it is empty")
  expect((full as Error).message).toBe("Cannot put into queue: it holds 1 item already")
  expect((down as Error).message).toBe("Cannot put into queue: it was shut down")
})
