// Where a job was submitted, for the stack of what it throws.
//
// A stack costs as much as a small job. In `items.map((item) => executor.submit(fn, item))` all are alike:
// the first jobs of a sweep, which is whatever is submitted before the next microtask, get one each, those
// after them share the last of these.
const ownPlaces = 16

/** Jobs submitted in this sweep. */
let submitted = 0
let last: Error | null = null

/** The stack of the caller, or that of one of the calls just before it. */
export function submitPlace(): Error {
  if (submitted === 0) void Promise.resolve().then(endSweep)
  submitted += 1
  if (last === null || submitted <= ownPlaces) last = new Error("submitted")
  return last
}

function endSweep(): void {
  submitted = 0
  last = null
}
