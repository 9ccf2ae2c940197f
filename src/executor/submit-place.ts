// Where a job was submitted, for the stack of what it throws.
//
// A stack costs as much as a small job. In `items.map((item) => executor.submit(fn, item))` all are alike, and
// so are those of a loop that awaits one after the other: the first jobs of a while get one each, those of the
// same function after them share the last of these.
import type { SentFunction } from "./sent-function.ts"

const ownPlaces = 16
/** Milliseconds of a while; it lasts longer if all was submitted before the next microtask. */
const shortest = 10

/** Jobs submitted in this while. */
let submitted = 0
/** When it began. */
let began = -Infinity
/** Whether the code that submits has not come to its next microtask. */
let isSweeping = false
let last: Error | null = null
let lastFunction: SentFunction | null = null

/** The stack of the caller, or that of one of the calls just before it; `now` is the time of the clock. */
export function submitPlace(fn: SentFunction, now: number): Error {
  if (!isSweeping) {
    if (!(now >= began && now < began + shortest)) {
      submitted = 0
      began = now
    }
    isSweeping = true
    void Promise.resolve().then(endSweep)
  }
  submitted += 1
  if (last === null || submitted <= ownPlaces || fn !== lastFunction) {
    last = new Error("submitted")
    lastFunction = fn
  }
  return last
}

function endSweep(): void {
  isSweeping = false
}
