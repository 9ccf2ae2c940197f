// An expression that came as text, with `import()` in it.
//
// `vm` has no stable way to say where an import starts from: on Node 20 it prints a warning into the user's program. A
// module of the old kind that was never written down has one: names are found as from a file in the current folder.
import { Module } from "node:module"
import { join } from "node:path"

interface Compiled {
  exports: unknown
  _compile(source: string, filename: string): void
}

/**
 * The value of an expression, in strict mode and in this thread's own globals.
 *
 * @param name - What its file would be called, for stacks.
 * @throws {SyntaxError} If it is none.
 */
export function evaluateHere(expression: string, name: string): unknown {
  const filename = join(process.cwd(), name)
  const module = new Module(filename) as unknown as Compiled
  module._compile(`"use strict"; module.exports = ${expression}`, filename)
  return module.exports
}
