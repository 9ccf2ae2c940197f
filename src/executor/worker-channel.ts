// The executor's end of the way to one worker, whatever that is.
//
// A channel starts its worker, passes messages, and tells of its end once, after the last answer. Its
// handlers belong to no task. While it is held the process stays alive for it.
import type { AnswerMessage, OrderMessage } from "./message.ts"

/** How a worker ended. */
export interface WorkerEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  /** What it died of, where that is known. */
  readonly error: unknown
}

/** Who uses a channel. */
export interface WorkerEvents {
  answered(message: AnswerMessage): void
  /** The worker is gone; told once, and nothing after it. */
  exited(end: WorkerEnd): void
}

/** The way to a worker. */
export interface WorkerChannel {
  /** A word for each job that lies there, shared with the worker; null where no memory can be shared. */
  readonly slots: Int32Array | null
  /** Such as `thread 3`. */
  readonly name: string
  /** Throws if the message cannot be sent. */
  post(message: OrderMessage, transfer?: readonly object[]): void
  /** Ends the worker, whatever it does. */
  kill(): void
  /** Whether the process is to stay alive for it. */
  hold(isHeld: boolean): void
}

/** Starts workers of a kind. */
export interface ChannelKind {
  readonly open: (events: WorkerEvents) => WorkerChannel
  /** Whether a value passes the channel. */
  readonly isSendable: (value: unknown) => boolean
}
