// Files, cancelled at each of their waits: what is read or written is whole or not there, and nothing stays open.
//
// The disk is the real one, and holds the virtual clock while it works.
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { expect } from "vitest"
import { sleep } from "../../src/index.ts"
import {
  appendText,
  lines,
  list,
  processFiles,
  readBytes,
  readText,
  temporaryDirectory,
  temporaryFile,
  walk,
  writeBytes,
  writeText,
} from "../../src/fs/index.ts"
import type { WalkOptions } from "../../src/fs/index.ts"
import { openFiles } from "../fs/open-files.ts"
import type { End, Scenario } from "./cancel-rig.ts"

/** Everything that is played stands here; made when the first play asks for it. */
let root: string | null = null

/** A folder for one play, with the files that are given by name and content. */
function folder(files: Readonly<Record<string, string>> = {}): string {
  root ??= mkdtempSync(join(tmpdir(), "cancel-in-fs-"))
  const made = mkdtempSync(join(root, "play-"))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(made, name), content)
  return made
}

const readOnly = new Map<string, string>()

/** A folder that all plays of a scenario read. */
function sharedFolder(title: string, files: Readonly<Record<string, string>>): string {
  const made = readOnly.get(title) ?? folder(files)
  readOnly.set(title, made)
  return made
}

/** What no play may leave behind: files that are open, and such as were to go. */
export function leftOnDisk(): string[] {
  if (root === null) return []
  const names = readdirSync(root, { recursive: true, encoding: "utf8" })
  return [...names.filter((name) => /^(?:\.|gone-)/.test(basename(name))), ...openFiles(root)]
}

/** Removes all that was played with. */
export function removePlays(): void {
  if (root !== null) rmSync(root, { recursive: true })
  root = null
  readOnly.clear()
}

/** Content of a file, null if it is not there. */
function contentOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return null
  }
}

/** The victim came to its end: the new content; else that or the old one, never a part. */
function expectWhole(path: string, end: End, old: string | null, fresh: string): void {
  const content = contentOf(path)
  const isWhole = content === fresh || (content === old && !(end.outcome === "value" && end.value === "done"))
  expect(isWhole, `${content?.length} characters`).toBe(true)
}

const text = "line of a text\n".repeat(4_500)

function walking(title: string, options: WalkOptions): Scenario {
  return {
    title: `walk, ${title}`,
    names: ["walk"],
    onSignal: "reason",
    stage: () => {
      const dir = sharedFolder(title, { one: "" })
      // It leads back to where it is; followed, it is the directory that was entered already.
      if (!existsSync(join(dir, "link"))) symlinkSync(dir, join(dir, "link"))
      const found: string[] = []
      return {
        victim: async (limits) => {
          for await (const { name } of walk(dir, { ...options, ...limits })) found.push(name)
          return found.toSorted()
        },
        after: () => expect(new Set(found).size).toBe(found.length),
      }
    },
  }
}

export const cancelInFs: readonly Scenario[] = [
  {
    title: "readText, readBytes and list",
    names: ["readText", "readBytes", "list"],
    onSignal: "reason",
    stage: () => {
      const dir = sharedFolder("poem", { poem: text })
      return {
        victim: async (limits) => {
          const read = await readText(join(dir, "poem"), limits)
          const bytes = await readBytes(join(dir, "poem"), limits)
          return [read.length, bytes.length, await list(dir, limits)]
        },
      }
    },
  },
  {
    title: "appendText",
    names: ["appendText"],
    onSignal: "reason",
    stage: () => {
      const log = join(folder({ log: "old\n" }), "log")
      return {
        victim: (limits) => appendText(log, text, limits).then(() => "done"),
        after: (end) => expectWhole(log, end, "old\n", `old\n${text}`),
      }
    },
  },
  {
    title: "writeText over a file that is read meanwhile",
    names: ["writeText"],
    onSignal: "reason",
    stage: () => {
      const state = join(folder({ state: "old" }), "state")
      return {
        victim: (limits) => writeText(state, text, limits).then(() => "done"),
        beside: [async () => expect(["old", text]).toContain(await readText(state))],
        after: (end) => expectWhole(state, end, "old", text),
      }
    },
  },
  {
    title: "writeBytes to a new file, onto the disk",
    names: ["writeBytes"],
    onSignal: "reason",
    stage: () => {
      const dir = folder()
      const path = join(dir, "new")
      return {
        victim: (limits) => writeBytes(path, Buffer.from(text), { ...limits, sync: true }).then(() => "done"),
        after: (end) => expectWhole(path, end, null, text),
      }
    },
  },
  {
    title: "lines",
    names: ["lines"],
    onSignal: "reason",
    stage: () => {
      const poem = join(sharedFolder("poem", { poem: text }), "poem")
      let count = 0
      return {
        victim: async (limits) => {
          for await (const line of lines(poem, limits)) {
            count += line === "line of a text" ? 1 : -1
          }
          return count
        },
      }
    },
  },
  {
    title: "lines in batches, left early",
    names: ["Lines.batches"],
    onSignal: "reason",
    stage: () => {
      const poem = join(sharedFolder("poem", { poem: text }), "poem")
      return {
        victim: async (limits) => {
          const asked = lines(poem, limits)
          for await (const batch of asked.batches()) return batch.length
          return 0
        },
      }
    },
  },
  walking("as the disk has it, links followed", { followLinks: true }),
  walking("in the order of names", { sorted: true }),
  {
    title: "processFiles, awaited",
    names: ["processFiles"],
    onSignal: "reason",
    stage: () => {
      const dir = sharedFolder("two files", { one: "1", two: "22" })
      const read = (path: string): Promise<number> => readText(path).then(({ length }) => length)
      return { victim: async (limits) => await processFiles(dir, read, { concurrency: 2, ...limits }) }
    },
  },
  {
    title: "processFiles, iterated and left early",
    names: ["processFiles"],
    onSignal: "reason",
    stage: (world) => {
      const dir = sharedFolder("two files", { one: "1", two: "22" })
      const measure = (path: string): Promise<string> => world.finalizing(() => sleep(1, basename(path)))
      return {
        victim: async (limits) => {
          for await (const name of processFiles(dir, measure, { concurrency: 1, ...limits })) return name
          return null
        },
      }
    },
  },
  {
    title: "temporaryDirectory and temporaryFile",
    names: [
      "temporaryDirectory",
      "temporaryFile",
      "TemporaryPlace.remove",
      "TemporaryPlace.[Symbol.asyncDispose]",
    ],
    onSignal: "reason",
    stage: () => {
      const parent = folder()
      return {
        victim: async (limits) => {
          await using below = await temporaryDirectory({ parent, prefix: "gone-", ...limits })
          await using file = await temporaryFile({ parent: below.path, prefix: "gone-", ...limits })
          await file.remove()
          return readdirSync(below.path).length
        },
      }
    },
  },
]
