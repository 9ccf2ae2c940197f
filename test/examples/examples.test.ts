// Every program under examples/ is run as a user runs it, and what it prints is what its last comment says.
//
// Programs with real time in them get a machine that is not crowded: two run at once, no more.
import { execFile } from "node:child_process"
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it, vi } from "vitest"

vi.setConfig({ maxConcurrency: 2 })

const root = join(import.meta.dirname, "..", "..")
const names = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ts"))

describe.concurrent("examples", () => {
  it.each(names)("%s prints what it says", async (name) => {
    const source = readFileSync(join(root, "examples", name), "utf8")
    const [, promised] = source.split("// prints:\n")
    expect(promised, `${name} says what it prints`).toBeDefined()
    const expected = (promised ?? "")
      .trimEnd()
      .split("\n")
      .map((line) => line.replace(/^\/\/ ?/, ""))
    const program = join(root, ".build", "examples", name.replace(/\.ts$/, ".js"))
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program], { timeout: 15_000 })
    expect(stderr).toBe("")
    expect(stdout.trimEnd().split("\n")).toEqual(expected)
  })
})

it("each example is named after the row of the mission that it shows, and says in its first line what that is", () => {
  for (const name of names) {
    expect(name).toMatch(/^M\d\d-[a-z0-9-]+\.ts$/)
    expect(readFileSync(join(root, "examples", name), "utf8"), name).toMatch(/^\/\/ \S/)
  }
})
