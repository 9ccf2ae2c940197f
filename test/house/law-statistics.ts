// Law 5, last part: a primitive of sync that makes tasks wait tells its `statistics()`.

import type { Law } from "./source-tree.ts"
import { waitingParts } from "./law-doc-comments.ts"

export const statistics: Law = (files) => {
  const faults: string[] = []
  for (const file of files.filter(({ room }) => room === "sync")) {
    for (const { name, kind, exported, code, line } of file.module.declarations.values()) {
      if (kind !== "class" || !exported || waitingParts(code, true).length === 0) continue
      const inherits = code.some((token) => token.text === "extends" && token.depth === 0)
      const tells = code.some((token) => token.text === "statistics" && token.depth === 1)
      if (!tells && !inherits)
        faults.push(`${file.path}:${line}: ${name} makes tasks wait and has no statistics()`)
    }
  }
  return faults
}
