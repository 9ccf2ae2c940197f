// The flags of Node that a thread or process of ours gets.
//
// Those of the program, as a rule. A program that came by `node --input-type=module -e` has one that Node refuses for
// whatever begins with a file: such a worker would never start.

/** Part of the options of a `Worker`, and of a `fork`. */
export const workerFlags: { readonly execArgv?: string[] } = process.execArgv.some((flag) =>
  flag.startsWith("--input-type"),
)
  ? { execArgv: [] }
  : {}
