import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { cycles } from "./law-cycles.ts"
import { docComments } from "./law-doc-comments.ts"
import { headers } from "./law-headers.ts"
import { layers } from "./law-layers.ts"
import { names } from "./law-names.ts"
import { sizes, softSizes } from "./law-sizes.ts"
import { statistics } from "./law-statistics.ts"
import { world } from "./law-world.ts"
import type { House } from "./rooms.ts"
import type { Law } from "./source-tree.ts"
import { readTree } from "./source-tree.ts"

const index = ["index.ts"]

const toyHouse: House = {
  rooms: {
    base: { floor: 0, doors: "every file" },
    core: { floor: 1, doors: ["index.ts", "lowlevel.ts"] },
    sync: { floor: 2, doors: index },
    time: { floor: 2, doors: index },
    net: { floor: 3, doors: index },
    testing: { floor: 9, doors: index, enteredBy: [] },
  },
  front: { file: "index.ts", rooms: ["core", "sync"], mostValues: 9 },
  doors: { ".": "index.ts" },
  homes: { "node:net": ["net"], "node:async_hooks": ["core"], process: ["core"] },
  packages: { undici: ["net"] },
  window: "core/clock.ts",
  families: {},
  mostCode: { core: 40 },
}

const header = "// A toy.\n//\n// It stands here to be looked at.\n// Nothing must stay true.\n"

/** A house without fault; a test puts its own files over it. */
const sound: Record<string, string> = {
  "index.ts": `/** @module toy */\nexport { now } from "./core/index.ts"\nexport { Lock } from "./sync/index.ts"\n`,
  "base/heap.ts": `${header}export class Heap {}\n`,
  "core/index.ts": `/** @module core */\nexport { now } from "./clock.ts"\n`,
  "core/lowlevel.ts": `/** @module lowlevel */\nexport { now } from "./clock.ts"\n`,
  "core/clock.ts": `${header}import { Heap } from "../base/heap.ts"
/** The time; setTimeout is not called here. */
export function now(): number {
  return performance.now() + Date.now() * 0 * new Heap().toString().length
}
export const clock: object = { now }
`,
  "sync/index.ts": `/** @module sync */\nexport { Lock } from "./lock.ts"\n`,
  "sync/lock.ts": `${header}import { now } from "../core/index.ts"
/**
 * A lock. "setTimeout(" and \`\${Date.now}\` in words are no calls.
 *
 * **Cancellation.** Safe.
 *
 * @example One
 */
export class Lock {
  readonly text: string = "Date.now() and setTimeout()"
  acquire(): Promise<void> {
    return Promise.resolve(void now())
  }
  statistics(): object {
    return { setTimeout: 1, ...this.options.setTimeout }
  }
  readonly options: { setTimeout: object } = { setTimeout: {} }
}
`,
  "net/index.ts": `/** @module net */\nexport { Socket } from "./socket.ts"\n`,
  "net/socket.ts": `${header}import { Socket as NodeSocket } from "node:net"
import { Lock } from "../sync/index.ts"
export class Socket extends NodeSocket {
  lock: Lock = new Lock()
}
`,
}

const folders: string[] = []

function toyTree(changes: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "toy house "))
  folders.push(folder)
  for (const [path, text] of Object.entries({ ...sound, ...changes })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

const laws: Record<string, Law> = { layers, cycles, world, names, sizes, softSizes, headers, statistics }

/** All that the laws find, each with the law's name in front. */
function faultsWith(changes: Record<string, string>): string[] {
  const folder = toyTree(changes)
  const files = readTree(folder)
  return [
    ...Object.entries(laws).flatMap(([name, law]) => law(files, toyHouse).map((fault) => `${name} ${fault}`)),
    ...docComments(folder, toyHouse).faults.map((fault) => `docs ${fault}`),
  ]
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function withLine(path: string, line: string): Record<string, string> {
  return { [path]: `${sound[path]}${line}\n` }
}

/** A file of its own that exports what it is named after. */
function file(path: string, line: string): Record<string, string> {
  const stem = path.replace(/^.*\//, "").replace(/\.ts$/, "")
  const name = stem.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
  return { [path]: `${header}${line}\nexport const ${name}: number = 1\n` }
}

describe("a planted fault is found", () => {
  it("and a house without fault has none", () => {
    expect(faultsWith({})).toEqual([])
  })

  const cases: [string, Record<string, string>, RegExp][] = [
    [
      "a room that enters a higher one",
      file("core/wait.ts", `import { Lock } from "../sync/index.ts"`),
      /^layers core\/wait\.ts:5: core may not enter sync/,
    ],
    [
      "a room that enters one beside it",
      file("time/sleep.ts", `import { Lock } from "../sync/index.ts"`),
      /^layers time\/sleep\.ts:5: time may not enter sync/,
    ],
    [
      "a type import of a higher room",
      file("core/wait.ts", `import type { Lock } from "../sync/index.ts"`),
      /core may not enter sync/,
    ],
    [
      "an inline import type of a higher room",
      file("core/wait.ts", `type L = import("../sync/index.ts").Lock`),
      /core may not enter sync/,
    ],
    [
      "a dynamic import of a higher room",
      file("core/wait.ts", `const l = () => import("../sync/index.ts")`),
      /core may not enter sync/,
    ],
    [
      "a re-export from a higher room",
      file("core/wait.ts", `export { Lock } from "../sync/index.ts"`),
      /core may not enter sync/,
    ],
    [
      "a side entrance",
      file("net/dial.ts", `import { Lock } from "../sync/lock.ts"`),
      /^layers net\/dial\.ts:5: enters sync by lock\.ts/,
    ],
    [
      "its own front door",
      file("sync/queue.ts", `import { Lock } from "./index.ts"`),
      /^layers sync\/queue\.ts:5: imports its own door/,
    ],
    [
      "the door of the package",
      file("sync/queue.ts", `import { Lock } from "../index.ts"`),
      /only the world outside uses the front door/,
    ],
    [
      "a room for tests entered by another",
      {
        ...file("net/dial.ts", `import { fake } from "../testing/index.ts"`),
        "testing/index.ts": "/** @module t */\n",
      },
      /net may not enter testing/,
    ],
    ["a file that is not there", file("sync/queue.ts", `import { x } from "./gone.ts"`), /not a source file/],
    [
      "the wrong home for node:net",
      file("sync/dial.ts", `import { connect } from "node:net"`),
      /^layers sync\/dial\.ts:5: node:net lives in net/,
    ],
    [
      "a node module without a home",
      file("net/dial.ts", `import { lookup } from "node:dns"`),
      /node:dns has no home room/,
    ],
    [
      "a dependency outside its home",
      file("sync/dial.ts", `import { request } from "undici"`),
      /undici lives in net/,
    ],
    [
      "a package that is no dependency",
      file("net/dial.ts", `import chalk from "@scope/chalk/part"`),
      /@scope\/chalk is not a dependency/,
    ],
    [
      "a node module without node:",
      file("net/dial.ts", `import { connect } from "net"`),
      /net is not a dependency/,
    ],
    [
      "a re-export of a room that is not in front",
      withLine("index.ts", `export { Socket } from "./net/index.ts"`),
      /the front door may not re-export net/,
    ],
    [
      "a cycle of type imports",
      {
        ...file("sync/one.ts", `import type { two } from "./two.ts"`),
        ...file("sync/two.ts", `import type { one } from "./one.ts"`),
      },
      /^cycles .*sync\/one\.ts -> sync\/two\.ts -> sync\/one\.ts/,
    ],
    [
      "a file that imports itself",
      file("sync/one.ts", `import type { one } from "./one.ts"`),
      /cycle of files/,
    ],
    [
      "Date.now",
      file("sync/queue.ts", `const t = Date.now()`),
      /^world sync\/queue\.ts:5: Date\.now belongs to core\/clock\.ts/,
    ],
    ["new Date()", file("sync/queue.ts", `const t = new Date()`), /new Date\(\) belongs/],
    ["performance.now", file("sync/queue.ts", `const t = performance.now()`), /performance belongs/],
    ["setTimeout", file("sync/queue.ts", `setTimeout(() => {}, 1)`), /setTimeout belongs/],
    ["setTimeout handed over", file("sync/queue.ts", `const later = [setTimeout]`), /setTimeout belongs/],
    [
      "globalThis.setInterval",
      file("sync/queue.ts", `globalThis.setInterval(() => {}, 1)`),
      /setInterval belongs/,
    ],
    [
      "Math.random within a template",
      file("sync/queue.ts", "const t = `${Math.random()}`"),
      /Math\.random belongs/,
    ],
    [
      "queueMicrotask behind a regular expression",
      file("sync/queue.ts", `const r = /"/g; queueMicrotask(() => {})`),
      /queueMicrotask belongs/,
    ],
    [
      "process.nextTick, though process is at home",
      file("core/tick.ts", `process.nextTick(() => {})`),
      /process\.nextTick belongs/,
    ],
    ["AbortSignal.timeout", file("sync/queue.ts", `AbortSignal.timeout(1)`), /AbortSignal\.timeout belongs/],
    [
      "node:timers/promises",
      file("sync/queue.ts", `import { setTimeout as wait } from "node:timers/promises"`),
      /^world .*node:timers\/promises belongs/,
    ],
    [
      "process outside its homes",
      file("sync/queue.ts", `const e = process.env`),
      /^world sync\/queue\.ts:5: process lives in core/,
    ],
    ["a utils file", file("sync/utils.ts", ""), /^names sync\/utils\.ts:1: utils\.ts is an attic/],
    ["a folder of helpers", file("sync/helpers/line.ts", ""), /helpers is an attic/],
    ["an adjective", file("sync/lock-enhanced.ts", ""), /"enhanced" in lock-enhanced\.ts/],
    ["a version", file("sync/lock-v2.ts", ""), /"v2" in lock-v2\.ts/],
    [
      "a file that is not kebab-case",
      { "sync/fairLine.ts": `${header}export const fairLine: number = 1\n` },
      /fairLine\.ts is not kebab-case/,
    ],
    [
      "a file named after nothing in it",
      { "sync/queue.ts": `${header}export const other: number = 1\n` },
      /named after none of its exports \(other\)/,
    ],
    ["a default export", file("sync/queue.ts", "export default 1"), /has a default export/],
    ["a room that is not in the table", file("attic/box.ts", ""), /room attic is not in the table/],
    ["a file outside of every room", file("loose.ts", ""), /stands outside of every room/],
    ["a silenced check", file("sync/queue.ts", "// @ts-ignore: later"), /silences a check/],
    [
      "code left out of the coverage without a reason",
      file("sync/queue.ts", "/* v8 ignore next */"),
      /silences a check/,
    ],
    [
      "a file of 501 lines",
      file("sync/queue.ts", "//\n".repeat(495)),
      /^sizes sync\/queue\.ts:501: has 501 lines/,
    ],
    [
      "a file of 301 lines, as a warning",
      file("sync/queue.ts", "//\n".repeat(295)),
      /^softSizes sync\/queue\.ts: has 301 lines/,
    ],
    [
      "a core that has grown",
      file("core/wait.ts", "f()\n".repeat(40)),
      /^sizes core: has \d+ lines of code, more than 40/,
    ],
    [
      "a file without a header",
      { "sync/queue.ts": "// Queue.\nexport const queue: number = 1\n" },
      /^headers sync\/queue\.ts:1: begins with 1 lines/,
    ],
    [
      "a header that is an essay",
      { "sync/queue.ts": `${"// Word.\n".repeat(13)}export const queue: number = 1\n` },
      /begins with 13 lines/,
    ],
    [
      "a door without its sign",
      { "net/index.ts": `// Net.\nexport { Socket } from "./socket.ts"\n` },
      /^headers net\/index\.ts:1: a door begins/,
    ],
    [
      "a public value without a doc comment",
      { "core/clock.ts": sound["core/clock.ts"]?.replace(/\/\*\*.*\*\//, "") ?? "" },
      /^docs core\/clock\.ts:\d+: now has no doc comment/,
    ],
    [
      "a class that waits and does not say how it is cancelled",
      { "sync/lock.ts": sound["sync/lock.ts"]?.replace("**Cancellation.** Safe.", "") ?? "" },
      /^docs sync\/lock\.ts:\d+: Lock has acquire, which waits/,
    ],
    [
      "a function that waits and does not say so",
      {
        "core/clock.ts":
          sound["core/clock.ts"]?.replace(
            "now(): number",
            "now<T>(a: (b: T) => void = () => {}): Promise<number>",
          ) ?? "",
      },
      /now waits and does not say/,
    ],
    [
      "a doc comment out of order",
      { "sync/lock.ts": sound["sync/lock.ts"]?.replace("A lock.", "@returns A lock.") ?? "" },
      /out of order/,
    ],
    [
      "an example without a title",
      { "sync/lock.ts": sound["sync/lock.ts"]?.replace("@example One", "@example") ?? "" },
      /example without a title/,
    ],
    [
      "a primitive without statistics",
      { "sync/lock.ts": sound["sync/lock.ts"]?.replace("statistics()", "numbers()") ?? "" },
      /^statistics sync\/lock\.ts:\d+: Lock makes tasks wait/,
    ],
  ]
  it.each(cases)("%s", (_, changes, expected) => {
    expect(faultsWith(changes).join("\n")).toMatch(new RegExp(expected.source, "m"))
  })
})
