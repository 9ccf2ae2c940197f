// What a blocked thread and the two threads behind it say to each other.
//
//   thread  | does
//   caller  | asks, and sleeps on the bell until there is an answer
//   keeper  | watches over the worker, since the caller sees nothing while it sleeps
//   worker  | calls the function, and answers
//
// Whoever answers posts the answer first and rings then: the bell is changed and its sleepers are woken. The caller reads
// the bell, looks for an answer, and sleeps if the bell still reads the same.
import type { MessagePort } from "node:worker_threads"
import type { FunctionReference } from "./function-reference.ts"
import type { SentValue } from "./sent-value.ts"
import type { ThrownParcel } from "./thrown-parcel.ts"

/** Call of a function. */
export interface SyncMessage {
  readonly fn: FunctionReference
  readonly args: SentValue
}

/** What became of it. */
export type SyncAnswer =
  | { readonly kind: "value"; readonly value: SentValue }
  | { readonly kind: "thrown"; readonly parcel: ThrownParcel }
  | { readonly kind: "lost"; readonly exitCode: number; readonly parcel: ThrownParcel | null }

/** What a thread behind `runSync` is started with. */
export interface SyncSetting {
  readonly role: "keeper" | "worker"
  /** Between the caller and the worker. */
  readonly port: MessagePort
  /** From the keeper to the caller; null in the worker. */
  readonly watch: MessagePort | null
  /** The word that is changed, and one that says that the keeper has begun. */
  readonly bell: Int32Array
}

/** Wakes the caller. */
export function ringSync(bell: Int32Array): void {
  Atomics.add(bell, 0, 1)
  Atomics.notify(bell, 0)
}
