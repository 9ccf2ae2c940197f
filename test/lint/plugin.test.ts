import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { RuleTester } from "oxlint/plugins-dev"
import { expect, it } from "vitest"
import * as door from "../../src/lint/index.ts"

it("the plugin is the default export too, where linters look for it", () => {
  expect(door.default).toBe(door.plugin)
  expect(door.plugin.meta.name).toBe("tsyncio")
})

it("each rule says what it is for, checks its options, and uses the messages it has", () => {
  for (const [name, { meta }] of Object.entries(door.plugin.rules)) {
    expect(name).toMatch(/^no-/)
    expect(meta.docs.description).toMatch(/^Disallow /)
    expect(Object.keys(meta.messages).length).toBeGreaterThan(0)
    expect(meta.schema).toHaveLength(1)
  }
})

it("the rules are rules to the linter's own types", () => {
  const rules: readonly Parameters<RuleTester["run"]>[1][] = Object.values(door.plugin.rules)
  expect(rules).toHaveLength(3)
})

it("this project's own settings use the rules on its sources and examples", () => {
  const repository = join(import.meta.dirname, "..", "..")
  const folder = mkdtempSync(join(tmpdir(), "tsyncio lint "))
  try {
    const settings = readFileSync(join(repository, ".oxlintrc.json"), "utf8")
    const plugin = JSON.stringify(join(repository, "dist", "lint", "index.js"))
    const moved = settings.replace(`"./dist/lint/index.js"`, () => plugin).replace(`"typeAware": true,`, "")
    writeFileSync(join(folder, ".oxlintrc.json"), moved)
    const program = `import { createTask, shield } from "../src/core/index.ts"
export async function main(work: () => Promise<void>): Promise<void> {
  createTask(work)
  try {
    await shield(work())
  } catch {
    return
  }
}
`
    for (const part of ["src", "examples", "scripts"]) {
      mkdirSync(join(folder, part))
      writeFileSync(join(folder, part, "planted.ts"), program)
    }
    const oxlint = join(repository, "node_modules", "oxlint", "bin", "oxlint")
    const { stdout } = spawnSync(process.execPath, [oxlint, "--format=unix"], {
      cwd: folder,
      encoding: "utf8",
    })
    const found = stdout.matchAll(/^(\w+)[\\/]planted\.ts:(\d+):.*tsyncio\(([\w-]+)\)/gm)
    const rules = ["3 no-floating-task", "5 no-promise-as-work", "6 no-swallowed-cancel"]
    expect([...found].map(([, part, line, rule]) => `${part} ${line} ${rule}`).sort()).toEqual(
      ["examples", "src"].flatMap((part) => rules.map((rule) => `${part} ${rule}`)),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
