// Each source file begins by saying what it is, why it is here and what must stay true: 3 to 12 lines of `//`. A
// door begins with its `@module` sign, which is written for the reader outside.

import type { Law, SourceFile } from "./source-tree.ts"
import { isDoor } from "./source-tree.ts"

const fewest = 3
const most = 12

/** A state table at the head may add lines of its own: they hold a `|`. */
const tableLine = /\|/

const moduleSign = /(?:^\/\*|^\s*)\*\s*@module\b/m

export const headers: Law = (files) => {
  const faults: string[] = []
  for (const file of files) {
    const why = isDoor(file) ? faultOfSign(file) : faultOfHeader(file)
    if (why !== undefined) faults.push(`${file.path}:1: ${why}`)
  }
  return faults
}

function faultOfSign({ module }: SourceFile): string | undefined {
  const first = module.tokens[0]
  const isSign = first?.kind === "comment" && moduleSign.test(first.text)
  return isSign ? undefined : "a door begins with a doc comment that has @module"
}

function faultOfHeader({ text }: SourceFile): string | undefined {
  const lines = text.replace(/^#!.*\n/, "").split("\n")
  const end = lines.findIndex((line) => !line.startsWith("//"))
  const header = lines.slice(0, end === -1 ? lines.length : end).filter((line) => line.length > 2)
  const count = header.filter((line) => !tableLine.test(line)).length
  if (count < fewest)
    return `begins with ${count} lines of header, at least ${fewest} say what, why here, what must stay true`
  return count > most
    ? `begins with ${count} lines of header, more than ${most}: the rest belongs to the code`
    : undefined
}
