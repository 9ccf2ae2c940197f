import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { docComments } from "./law-doc-comments.ts"
import { cycles } from "./law-cycles.ts"
import { headers } from "./law-headers.ts"
import { layers } from "./law-layers.ts"
import { names } from "./law-names.ts"
import { codeLines, sizes, softSizes } from "./law-sizes.ts"
import { statistics } from "./law-statistics.ts"
import { world } from "./law-world.ts"
import { house } from "./rooms.ts"
import type { Law } from "./source-tree.ts"
import { readTree, repository } from "./source-tree.ts"

const sources = join(repository, "src")
const files = readTree(sources)

describe("the laws of the house", () => {
  const laws: [string, Law][] = [
    ["a room is entered by its door, and arrows go down", layers],
    ["no file and no room leads back to itself", cycles],
    ["time and chance come in through the window, process has home rooms", world],
    ["files are named after what they hold", names],
    ["no file is longer than 500 lines, no room larger than its bound", sizes],
    ["each file begins by saying what it is", headers],
    ["what waits in sync tells statistics", statistics],
  ]
  it.each(laws)("%s", (_, law) => {
    expect(law(files, house)).toEqual([])
  })

  it("the laws see the sources", () => {
    expect(files.length).toBeGreaterThan(20)
    expect(codeLines(files.filter(({ room }) => room === "core"))).toBeGreaterThan(500)
  })

  it("each public value has a doc comment in the house's order, and what waits tells how it is cancelled", async ({
    annotate,
  }) => {
    const { faults, withoutExample } = docComments(sources, house)
    if (withoutExample.length > 0)
      await annotate(`without an example: ${withoutExample.join(", ")}`, "warning")
    expect(faults).toEqual([])
  })

  it("files that should be parted are told", async ({ annotate }) => {
    const long = softSizes(files, house)
    for (const file of long) await annotate(file, "warning")
    expect(long.length).toBeLessThan(files.length / 10)
  })
})
