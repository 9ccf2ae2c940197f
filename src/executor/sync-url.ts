// Where the program of the threads behind `runSync` is: beside this file, compiled like it.
//
// Run from its sources, under a test runner, the library takes the compiled entry, for a thread of Node 20 loads no
// TypeScript. Both URLs are written out, since tools that follow files know this form.
export const syncUrl: URL = import.meta.url.endsWith(".ts")
  ? new URL("../../dist/executor/sync-entry.js", import.meta.url)
  : new URL("./sync-entry.js", import.meta.url)
