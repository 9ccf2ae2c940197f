import { execFileSync } from "node:child_process"
import { existsSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { repository } from "./source-tree.ts"

/** Files that are committed or would be; without git (an unpacked archive) there are none to look at. */
function trackedFiles(): string[] {
  if (!existsSync(join(repository, ".git"))) return []
  const list = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: repository,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  })
  return list.split("\0").filter((path) => path !== "" && existsSync(join(repository, path)))
}

const files = trackedFiles()
  .filter((path) => statSync(join(repository, path)).isFile())
  .map((path) => ({ path, text: readFileSync(join(repository, path), "utf8") }))
  .filter(({ text }) => !text.includes("\0"))

/** Lines of tracked files that match, as `path:line: text`. */
function linesWith(pattern: RegExp, skip: readonly string[] = []): string[] {
  return files
    .filter(({ path }) => !skip.includes(path))
    .flatMap(({ path, text }) => {
      if (!pattern.test(text)) return []
      const lines = text.split("\n").map((line, index) => `${path}:${index + 1}: ${line.slice(0, 160)}`)
      return lines.filter((line) => pattern.test(line.slice(line.indexOf(": ") + 2)))
    })
}

// Outside of a git checkout, such as an unpacked archive, there is no list of files to look through.
describe("the repository", () => {
  it.runIf(files.length > 0)("names no package registry's host", () => {
    expect(linesWith(/\bregistry\.[a-z\d-]+\.[a-z]{2,}/i)).toEqual([])
  })

  it.runIf(files.length > 0)("names no folder of the machine it was written on", () => {
    expect(linesWith(/(?<![\w.$}/-])\/(?:home|root|work|Users)\/[\w.-]+/)).toEqual([])
  })

  it("says at the top of the README how it is started and tested", () => {
    const top = readFileSync(join(repository, "README.md"), "utf8").split("\n").slice(0, 30)
    expect(top.filter((line) => /\bnpm (?:start|test)\b/.test(line)).length).toBeGreaterThanOrEqual(2)
  })

  it("locks versions, not places to load them from", () => {
    const lock = readFileSync(join(repository, "package-lock.json"), "utf8")
    expect(lock).not.toContain('"resolved"')
    expect(lock).toContain('"integrity"')
    expect(readFileSync(join(repository, ".npmrc"), "utf8")).toContain("omit-lockfile-registry-resolved=true")
  })

  it.runIf(files.length > 0)("holds no leftovers: merge marks, focused tests, notes to self", () => {
    const note = ["TO", "DO|FIX", "ME|XX", "X"].join("")
    const pattern = new RegExp(String.raw`^(?:<{7}|>{7}) |\b(?:${note})\b|\b(?:it|describe|test)\.only\(`)
    expect(linesWith(pattern, ["package-lock.json"])).toEqual([])
  })
})
