// What is refused as the limit of something that begins only later.
//
// A wait refuses its options by a rejection of its own; an iterator must do so where it is made, on
// the line of the mistake.
import { misuse } from "../base/misuse.ts"

/** Refuses what is no number of milliseconds. */
export function expectTimeout(timeout: number | undefined): void {
  if (timeout === undefined || (typeof timeout === "number" && !Number.isNaN(timeout))) return
  throw misuse("timeout", "milliseconds", timeout)
}
