// Law 6: a file has at most 500 lines, and 300 is where it should be parted; a room may have a bound of its own.

import type { Law, SourceFile } from "./source-tree.ts"

const softLines = 300
const hardLines = 500

export const sizes: Law = (files, house) => {
  const faults = files
    .filter((file) => lineCount(file) > hardLines)
    .map((file) => `${file.path}:${hardLines + 1}: has ${lineCount(file)} lines, more than ${hardLines}`)
  for (const [room, most] of Object.entries(house.mostCode)) {
    const count = codeLines(files.filter((file) => file.room === room))
    if (count > most) faults.push(`${room}: has ${count} lines of code, more than ${most}`)
  }
  return faults
}

/** Files past the soft limit, as warnings. */
export const softSizes: Law = (files) =>
  files
    .filter((file) => lineCount(file) > softLines && lineCount(file) <= hardLines)
    .map((file) => `${file.path}: has ${lineCount(file)} lines, should have less than ${softLines}`)

/** Lines that hold code, comments and blank lines left out. */
export function codeLines(files: readonly SourceFile[]): number {
  return files.reduce((sum, file) => {
    const lines = new Set<number>()
    for (const { kind, line, text } of file.module.tokens) {
      if (kind === "comment") continue
      for (let more = 0; more < text.split("\n").length; more++) lines.add(line + more)
    }
    return sum + lines.size
  }, 0)
}

function lineCount({ text }: SourceFile): number {
  return text.split("\n").length - (text.endsWith("\n") ? 1 : 0)
}
