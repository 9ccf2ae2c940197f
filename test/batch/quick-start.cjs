// Loaded before the command in processes that live for some tenths of a second: they get no code that is compiled a
// second time to run faster.
//
// Node's parser of HTTP answers is WebAssembly, and compiling it again costs as much as all else such a process does.
// The options are set at the first connection: options of the process would make Node compile its own modules as well.

const { subscribe } = process.getBuiltinModule("node:diagnostics_channel")
const { setFlagsFromString } = process.getBuiltinModule("node:v8")

subscribe("undici:client:beforeConnect", () => {
  setFlagsFromString("--no-opt")
  setFlagsFromString("--liftoff-only")
})
