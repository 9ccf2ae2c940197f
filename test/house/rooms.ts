// The plan of the house: the one table of rooms, doors and home rooms. ARCHITECTURE.md quotes it.
//
// A room is a folder of src/. It may enter rooms of lower floors, by their doors. The laws in this folder read the
// table and nothing else; a new room, door, dependency or `node:` module begins with a line here. Paths are
// relative to src/.

export interface Room {
  /** Arrows go down: a room enters rooms of lower floors only. */
  readonly floor: number
  /** Files that other rooms may import; "every file" for a room without a door. */
  readonly doors: readonly string[] | "every file"
  /** Rooms of the same floor it may enter as well. */
  readonly beside?: readonly string[]
  /** The only rooms that may enter it. */
  readonly enteredBy?: readonly string[]
}

export interface House {
  readonly rooms: Readonly<Record<string, Room>>
  /** What `.` re-exports: whole rooms by their front doors. */
  readonly front: { readonly file: string; readonly rooms: readonly string[]; readonly mostValues: number }
  /** The closed list of package.json: door of the package -> source file. */
  readonly doors: Readonly<Record<string, string>>
  /** `node:` module or global -> rooms (`core`) or files (`core/clock.ts`) where it lives. */
  readonly homes: Readonly<Record<string, readonly string[]>>
  /** Dependency -> rooms where it is imported. */
  readonly packages: Readonly<Record<string, readonly string[]>>
  /** The one file where time and chance come in. */
  readonly window: string
  /** Files that hold a family and not one main thing, and why. */
  readonly families: Readonly<Record<string, string>>
  /** Lines of code, comments and blank lines not counted, that a room may have. */
  readonly mostCode: Readonly<Record<string, number>>
}

const index = ["index.ts"]

export const house: House = {
  rooms: {
    cli: { floor: 6, doors: index },
    batch: { floor: 5, doors: index },
    llm: { floor: 4, doors: index, beside: ["http"] },
    http: { floor: 4, doors: index },
    executor: { floor: 3, doors: index },
    fs: { floor: 3, doors: index },
    net: { floor: 3, doors: index },
    stream: { floor: 2, doors: index },
    process: { floor: 3, doors: index },
    time: { floor: 2, doors: index },
    sync: { floor: 2, doors: index },
    combine: { floor: 2, doors: index, beside: ["time", "sync"] },
    core: { floor: 1, doors: ["index.ts", "lowlevel.ts"] },
    base: { floor: 0, doors: "every file" },
    testing: { floor: 7, doors: index, enteredBy: [] },
    lint: { floor: -1, doors: index, enteredBy: [] },
  },
  front: { file: "index.ts", rooms: ["core", "time", "sync", "combine"], mostValues: 90 },
  doors: {
    ".": "index.ts",
    "./lowlevel": "core/lowlevel.ts",
    "./stream": "stream/index.ts",
    "./net": "net/index.ts",
    "./http": "http/index.ts",
    "./llm": "llm/index.ts",
    "./batch": "batch/index.ts",
    "./executor": "executor/index.ts",
    "./fs": "fs/index.ts",
    "./process": "process/index.ts",
    "./testing": "testing/index.ts",
    "./lint": "lint/index.ts",
  },
  homes: {
    "Atomics.wait": ["executor"],
    "Atomics.waitAsync": ["executor"],
    "node:assert": ["testing"],
    "node:async_hooks": ["core"],
    "node:child_process": ["executor", "process"],
    "node:crypto": ["batch", "cli"],
    "node:dns": ["net", "http"],
    "node:fs": ["fs", "batch", "cli", "testing", "net/claim-path.ts", "executor/sync-server.ts", "process"],
    "node:fs/promises": ["fs", "batch", "cli"],
    "node:http": ["cli", "net/start-web-socket-server.ts", "net/load-ws.ts"],
    "node:https": ["net/start-web-socket-server.ts"],
    "node:inspector": ["executor/source-evaluator.ts"],
    "node:module": [
      "cli/main.ts",
      "cli/report-page.ts",
      "executor/free-names.ts",
      "executor/evaluate-here.ts",
    ],
    "node:net": ["net", "http", "cli"],
    "node:os": ["fs", "batch", "cli", "executor", "process"],
    "node:path": ["fs", "batch", "cli", "net/claim-path.ts", "executor/evaluate-here.ts"],
    "node:process": ["core", "cli", "batch/lock-file.ts"],
    "node:readline": ["batch", "cli"],
    "node:stream": ["net", "http", "batch", "cli", "executor/sync-server.ts", "process"],
    "node:string_decoder": ["http", "batch", "cli"],
    "node:tls": ["net", "http"],
    "node:tty": ["cli"],
    "node:url": ["fs", "batch", "cli", "executor", "process"],
    "node:util": ["core", "cli", "testing"],
    "node:v8": ["cli", "executor"],
    "node:zlib": ["http", "batch"],
    "node:worker_threads": ["executor"],
    process: ["core", "process", "cli", "testing", "executor", "batch/lock-file.ts", "llm/api-key.ts"],
  },
  packages: {
    acorn: ["executor"],
    commander: ["cli"],
    "eslint-scope": ["executor"],
    "eventsource-parser": ["http"],
    undici: ["http"],
    uplot: ["cli"],
    // Optional: who uses no WebSockets need not have it.
    ws: ["net"],
  },
  window: "core/clock.ts",
  families: {
    "cli/main.ts": "a program: it exports nothing",
    "cli/start.ts": "a program: it exports nothing",
    "executor/worker-entry.ts": "a program: it exports nothing",
    "executor/interpreter-entry.ts": "a program: it exports nothing",
    "executor/sync-entry.ts": "a program: it exports nothing",
  },
  mostCode: { core: 4000 },
}
