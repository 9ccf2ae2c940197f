// What goes between an executor and its workers.
//
// Every message is an array that begins with what it is. Jobs whose arguments are all primitive go many in
// one message, since a message costs more than a small job; others go alone, so that two jobs that were
// given the same object do not find themselves sharing its copy. Answers go one by one: an answer that
// waited for the next job to end would wait for ever if that one waited for what its answer sets off.
import type { FunctionReference } from "./function-reference.ts"
import type { ThrownParcel } from "./thrown-parcel.ts"

/** Words a message to a worker begins with. */
export const order = {
  /** `[batch, (slot, id, fn, count, ...arguments)*]` */
  batch: 0,
  /** `[job, slot, id, fn, arguments, name, isTimed]` */
  job: 1,
  /** `[define, fn, reference]`: how a function is called from now on. */
  define: 2,
  /** `[context, entries]`: context variables of the jobs that follow. */
  context: 3,
  /** `[cancel, id, reason]` */
  cancel: 4,
  /** `[warm, id, fn]`: import a function's module. */
  warm: 5,
  /** `[close]` */
  close: 6,
} as const

export type OrderMessage =
  | readonly [typeof order.batch, ...unknown[]]
  | readonly [typeof order.job, number, number, number, readonly unknown[], string | null, boolean]
  | readonly [typeof order.define, number, FunctionReference]
  | readonly [typeof order.context, readonly (readonly [string, unknown])[]]
  | readonly [typeof order.cancel, number, ThrownParcel]
  | readonly [typeof order.warm, number, number]
  | readonly [typeof order.close]

/** What an answer is. */
export const answer = {
  /** The value of a job. */
  value: 0,
  /** What a job threw. */
  thrown: 1,
  /** The job has ended as it was asked to. */
  ended: 2,
  /** The function is there, and the job begins; only for jobs with a time limit. */
  begun: 3,
  /** The worker has started. */
  ready: 4,
  /** The value of a job that knew it was to end. */
  kept: 5,
} as const

/** `[id of the job, what it is, value or parcel, milliseconds it has run]` */
export type AnswerMessage = readonly [number, number, unknown, number]

/** States of a slot, the word of memory that a thread shares with its executor for each job it was sent. */
export const slotState = {
  free: 0,
  /** Sent and not begun: either side may take it, by one exchange. */
  sent: 1,
  running: 2,
  /** Taken back before it began; the thread sets it free when it comes to it. */
  takenBack: 3,
  /** Told to end while it ran. */
  told: 4,
} as const

/** Most jobs that lie at a worker. */
export const slotCount = 128
