// Where the program of an interpreter is: beside this file, compiled like it.
//
// Run from its sources, under a test runner, the library takes the compiled entry, for a thread of Node 20 loads no
// TypeScript. Both URLs are written out, since tools that follow files know this form.
export const interpreterUrl: URL = import.meta.url.endsWith(".ts")
  ? new URL("../../dist/executor/interpreter-entry.js", import.meta.url)
  : new URL("./interpreter-entry.js", import.meta.url)
