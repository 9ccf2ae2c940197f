import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import { repository } from "./source-tree.ts"

const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

/** What the linter says about a text, as if it stood in the repository: rule and line of each error. */
function lint(text: string, path = "planted.ts"): string[] {
  const folder = mkdtempSync(join(repository, "test", "house", "planted-"))
  folders.push(folder)
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  const oxlint = join(repository, "node_modules", "oxlint", "bin", "oxlint")
  const args = [oxlint, "--type-aware", "--format=json", file]
  const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: repository, encoding: "utf8" })
  if (!stdout.startsWith("{")) throw new Error(`The linter broke off: ${stdout}${stderr}`)
  const { diagnostics } = JSON.parse(stdout) as {
    diagnostics: { code: string; labels: { span: { line: number } }[] }[]
  }
  return diagnostics.map(({ code, labels }) => `${code} in line ${labels[0]?.span.line}`)
}

describe("the linter finds", () => {
  it("a promise and a task that nobody awaits, and lets `void` pass", () => {
    const text = `import { createTask, sleep, shield } from "../../../src/index.ts"

async function work(): Promise<number> {
  return 1
}

export async function main(): Promise<void> {
  work()
  createTask(work)
  shield(work)
  sleep(1)
  void work()
  void createTask(work)
  await createTask(work)
  const task = createTask(work)
  await task
}
`
    const rule = "typescript(no-floating-promises)"
    expect(lint(text)).toEqual([8, 9, 10, 11].map((line) => `${rule} in line ${line}`))
  })

  it("a promise where a plain value is expected, an `any`, a thrown string, a value import of a type", () => {
    const text = `import { Task, sleep } from "../../../src/index.ts"

export function main(task: Task<number>, value: any): number {
  if (sleep(1)) throw "no"
  return value === task ? 1 : 2
}
`
    expect(lint(text).sort()).toEqual([
      "typescript(consistent-type-imports) in line 1",
      "typescript(no-explicit-any) in line 3",
      "typescript(no-misused-promises) in line 4",
      "typescript(only-throw-error) in line 4",
    ])
  })
})
