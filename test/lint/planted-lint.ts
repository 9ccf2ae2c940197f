// Runs the real linter with the plugin, as built, on a program in a folder of its own.

import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const repository = join(import.meta.dirname, "..", "..")

/** What is reported about a program by one rule: line of the program and the text that is marked. */
export function lint(rule: string, program: string, options: object = {}): string[] {
  const folder = mkdtempSync(join(tmpdir(), "tsyncio lint "))
  try {
    const config = {
      jsPlugins: [join(repository, "dist", "lint", "index.js")],
      categories: { correctness: "off" },
      rules: { [`tsyncio/${rule}`]: ["error", options] },
    }
    writeFileSync(join(folder, "config.json"), JSON.stringify(config))
    writeFileSync(join(folder, "planted.ts"), program)
    const oxlint = join(repository, "node_modules", "oxlint", "bin", "oxlint")
    const args = [oxlint, "-c", "config.json", "--format=json", "planted.ts"]
    const { stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" })
    if (!stdout.startsWith("{")) throw new Error(`The linter broke off: ${stdout}${stderr}`)
    const { diagnostics, number_of_files } = JSON.parse(stdout) as LintReport
    if (number_of_files !== 1) throw new Error(`The linter read ${number_of_files} files`)
    return diagnostics.map(({ code, labels }) => {
      const span = labels[0]?.span
      if (code !== `tsyncio(${rule})` || span === undefined) throw new Error(`The linter told ${code}`)
      const text = Buffer.from(program)
        .subarray(span.offset, span.offset + span.length)
        .toString()
      return `${span.line}: ${text.split("\n")[0]}`
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface LintReport {
  readonly number_of_files: number
  readonly diagnostics: readonly {
    readonly code: string
    readonly labels: readonly {
      readonly span: { readonly line: number; readonly offset: number; readonly length: number }
    }[]
  }[]
}
