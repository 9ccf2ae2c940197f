// How much garbage the process may hold before it is collected.
//
// V8 lets its heap grow to a multiple of what is in use, which for a long batch means some fifty megabytes of
// answers that were written long ago. A smaller step costs a few per cent of the processor and keeps a run over a
// million lines well below 200 MB. Only the command does this: a library does not decide for a whole process.

import { setFlagsFromString } from "node:v8"

/** Has the heap collected when it has grown by a fifth. */
export function limitHeapGrowth(): void {
  setFlagsFromString("--heap-growing-percent=20")
}
