// The screen of a run in a real terminal: tmux is the terminal, and what it shows is what people see.

import { execFileSync, spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { startMockServer, type MockServer } from "../../src/cli/mock-server.ts"

const hasTmux = spawnSync("tmux", ["-V"]).status === 0
if (!hasTmux) console.log("skipped: tmux is not installed, so the screen is not tried in a terminal")
const program = fileURLToPath(new URL("../../dist/bin/tsyncio.js", import.meta.url))

/** Looks ten times a second, as often as the screen is drawn: each look is a process. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 100))
}

let terminals = 0

/** One window of a tmux server of its own. */
class Terminal {
  readonly #socket: string = `tsyncio-${process.pid}-${++terminals}`

  tmux(...words: string[]): string {
    const { NO_COLOR: _, ...env } = process.env
    return execFileSync("tmux", ["-L", this.#socket, "-f", "/dev/null", ...words], { encoding: "utf8", env })
  }

  open(columns: number, rows: number, command: string, env: Record<string, string>): void {
    const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`])
    const size = ["-x", String(columns), "-y", String(rows)]
    this.tmux("new-session", "-d", "-s", "run", ...size, ...variables, command)
  }

  resize(columns: number, rows: number): void {
    this.tmux("resize-window", "-t", "run", "-x", String(columns), "-y", String(rows))
  }

  /** What is seen, without empty lines at the end; `-e` keeps the colours. */
  shown(...flags: string[]): string {
    return this.tmux("capture-pane", "-t", "run", "-p", ...flags).trimEnd()
  }

  close(): void {
    spawnSync("tmux", ["-L", this.#socket, "kill-server"])
  }
}

// tmux is the terminal; where there is none, what people would see cannot be looked at.
describe.skipIf(!hasTmux)("a run in a terminal", { timeout: 60_000 }, () => {
  let folder: string
  let mock: MockServer
  let terminal: Terminal
  let runs = 0

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tsyncio-screen-"))
    const lines = Array.from({ length: 5000 }, (_, index) => JSON.stringify({ prompt: `question ${index}` }))
    writeFileSync(join(folder, "in.jsonl"), `${lines.join("\n")}\n`)
    mock = await startMockServer({ latency: 50, seed: 3 })
    terminal = new Terminal()
  })

  afterEach(async () => {
    terminal.close()
    await mock.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function begin(columns: number, rows: number, env: Record<string, string>, ...flags: string[]): void {
    const output = join(folder, `out-${++runs}.jsonl`)
    const files = [join(folder, "in.jsonl"), "-o", output, "--base-url", mock.url]
    const words = [process.execPath, program, "batch", ...files, "--model", "m", ...flags]
    const command = words.map((word) => `'${word}'`)
    terminal.open(columns, rows, `${command.join(" ")}; echo "ended with $?"; sleep 60`, env)
  }

  /** How many blocks are seen: each has its count once. */
  const blocks = (text: string): number => text.match(/\d\/5,000/g)?.length ?? 0

  /** One block, with its first line and its last. */
  const isWhole = (text: string): boolean => blocks(text) === 1 && text.match(/^now /gm)?.length === 1

  it("draws one block, keeps it whole when the window changes, and leaves the report alone", async () => {
    begin(110, 40, { LANG: "C.UTF-8" }, "--rpm", "1500")
    await until(() => /now +waiting for the limit of m: 1,500 requests a minute/.test(terminal.shown()))
    await until(() => /limits +\d+% used of 1,500 requests a minute for m: \d+/.test(terminal.shown()))
    await until(() => /latency +p50 \d+/.test(terminal.shown()))
    for (const [columns, rows] of [
      [60, 40],
      [34, 40],
      [110, 40],
      [80, 16],
    ] as const) {
      terminal.resize(columns, rows)
      // The terminal has folded what was there; a frame later it stands as it should, and again later.
      await until(() => isWhole(terminal.shown()))
      const before = mock.stats().requests
      await until(() => mock.stats().requests > before + 10)
      await until(() => isWhole(terminal.shown()))
    }
    terminal.resize(80, 10)
    await until(() => !/^now /m.test(terminal.shown()) && blocks(terminal.shown()) === 1)
    terminal.resize(110, 40)
    terminal.tmux("send-keys", "-t", "run", "C-c")
    await until(() => terminal.shown().includes("ended with 130"))
    const end = terminal.shown()
    expect(blocks(end), end).toBe(0)
    expect(end).not.toMatch(/^now /m)
    expect(end).toMatch(/^input lines +5,000$/m)
  })

  it("has colours, and none with NO_COLOR", async () => {
    begin(110, 40, { LANG: "C.UTF-8" }, "--rpm", "600")
    await until(() => /now .*waiting for the limit/.test(terminal.shown()))
    // tmux puts the background behind the colour.
    const yellow = ["\x1b[33m", "\x1b[33m\x1b[49m"].map((code) => `${code}waiting for the limit`)
    await until(() => yellow.some((text) => terminal.shown("-e").includes(text)))
    terminal.close()
    terminal = new Terminal()
    begin(110, 40, { LANG: "C.UTF-8", NO_COLOR: "1" }, "--rpm", "600")
    await until(() => /now .*waiting for the limit/.test(terminal.shown()))
    expect(terminal.shown("-e")).not.toContain("\x1b[")
  })

  it("says until when the run is paused, and why", async () => {
    await mock.close()
    mock = await startMockServer({ latency: 10, rpm: 60, retryAfter: 30_000, seed: 3 })
    begin(110, 40, {}, "--no-learn-limits")
    await until(() => /now +paused until \d\d:\d\d:\d\d: Retry-After of HTTP 429/.test(terminal.shown()))
    await until(() => /429: \d+/.test(terminal.shown()))
    terminal.tmux("send-keys", "-t", "run", "C-c")
    await until(() => terminal.shown().includes("ended with 130"))
    expect(blocks(terminal.shown())).toBe(0)
  })
})
