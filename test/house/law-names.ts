// Law 4: files are kebab-case and named after their main export; no attic words, no adjectives, no default export,
// and no file that silences a check.

import type { Law, SourceFile } from "./source-tree.ts"
import type { House } from "./rooms.ts"
import { isDoor, kebab } from "./source-tree.ts"

/** Names that say "things I did not know where to put". */
const attic = new Set(
  "types type utils util common helpers helper misc shared lib tools stuff interfaces constants".split(" "),
)

/** Words that praise or date a thing instead of saying what it is. */
const adjectives = new Set(
  "enhanced improved better new old fast legacy simple advanced final ultimate extended".split(" "),
)

// What no test in the process can reach may be left out of the coverage: by one form, and with the reason.
const silencers =
  /@ts-(?:ignore|nocheck|expect-error)|(?:oxlint|eslint)-(?:disable|enable)|prettier-ignore|(?:v8|c8|istanbul) ignore(?! next -- \S)/

export const names: Law = (files, house) => {
  const faults: string[] = []
  for (const file of files) {
    const fault = (why: string, line = 1): unknown => faults.push(`${file.path}:${line}: ${why}`)
    for (const why of faultsOfName(file)) fault(why)
    if (file.module.hasDefaultExport) fault("has a default export: name it")
    if (file.room !== "" && house.rooms[file.room] === undefined)
      fault(`room ${file.room} is not in the table of rooms`)
    if (file.room === "" && file.path !== house.front.file) fault("stands outside of every room")
    if (!isNamedAfterExport(file, house)) {
      const exported = [...new Set(file.module.exports.map(({ name }) => name))]
      fault(`is named after none of its exports (${exported.join(", ") || "it has none"})`)
    }
    for (const token of file.module.tokens) {
      if (token.kind === "comment" && silencers.test(token.text))
        fault("silences a check: solve it", token.line)
    }
  }
  return faults
}

function faultsOfName({ path }: SourceFile): string[] {
  const faults: string[] = []
  for (const part of path.split("/")) {
    const stem = part.replace(/\.ts$/, "")
    if (!/^[a-z][a-z\d]*(?:-[a-z\d]+)*$/.test(stem)) faults.push(`${part} is not kebab-case`)
    if (attic.has(stem)) faults.push(`${part} is an attic: name the thing that is in it`)
    const words = stem.split("-")
    const adjective = words.find((word) => adjectives.has(word) || /^v\d+$/.test(word))
    if (adjective !== undefined && words.length > 1)
      faults.push(`"${adjective}" in ${part} does not say what it is`)
  }
  return faults
}

/** Whether some export has the file's words in its name; `timers.ts` may export `startTimer`. A room may keep its
 *  error classes together in `errors.ts`. */
function isNamedAfterExport(file: SourceFile, house: House): boolean {
  const stem = file.path.replace(/^.*\//, "").replace(/\.ts$/, "")
  if (isDoor(file) || stem === "errors" || house.families[file.path] !== undefined) return true
  const words = stem.split("-").map(bare)
  return file.module.exports.some(({ name }) => {
    const exported = kebab(name).split("-").map(bare)
    return kebab(name) === stem || words.every((word) => exported.includes(word))
  })
}

/** A word without the endings that tell a plural or a doer. */
function bare(word: string): string {
  return word.replace(/s$/, "").replace(/(?:er|e|r)$/, "")
}
