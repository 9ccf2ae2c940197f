// What the program and an interpreter say to each other.
//
// Each call has a number; it is answered once, unless the interpreter goes down before. What is thrown travels as a
// parcel, values with what is shared taken out.
import type { FunctionReference } from "./function-reference.ts"
import type { SentValue } from "./sent-value.ts"
import type { ThrownParcel } from "./thrown-parcel.ts"

/** What an interpreter is asked to do. */
export type InterpreterWork =
  | { readonly kind: "exec"; readonly source: string; readonly name: string }
  | { readonly kind: "call"; readonly fn: FunctionReference; readonly args: SentValue }
  /** A function that the code inside has defined. */
  | { readonly kind: "call by name"; readonly name: string; readonly args: SentValue }
  | { readonly kind: "set"; readonly values: SentValue }

/** From the program to an interpreter. */
export type InterpreterMessage =
  | { readonly kind: "work"; readonly id: number; readonly work: InterpreterWork }
  | { readonly kind: "cancel"; readonly id: number; readonly reason: ThrownParcel }
  | { readonly kind: "close" }

/** From an interpreter to the program. */
export type InterpreterAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "value"; readonly id: number; readonly value: SentValue }
  | { readonly kind: "thrown"; readonly id: number; readonly parcel: ThrownParcel }
  | { readonly kind: "problem"; readonly message: string; readonly parcel: ThrownParcel }
