// The flags of Node that a thread of ours gets.
//
// Those of the program, as a rule. A program that came by `node --input-type=module -e` has one that Node refuses for
// a thread which begins with a file: such a thread would never start.

/** Part of the options of a `Worker`. */
export const threadFlags: { readonly execArgv?: string[] } = process.execArgv.some((flag) =>
  flag.startsWith("--input-type"),
)
  ? { execArgv: [] }
  : {}
