// The code on the pages: README.md and docs/rooms/*.md.
//
// A ```ts block is a program: it is compiled against the package as a user has it, and run. What it prints is the
// ```text block that follows, or stands behind `// prints:` as in examples/; without either it prints nothing. A block
// marked ```ts no-run is only compiled. Names that a fragment leaves to the reader are declared in a comment before
// it, which the page does not show:
//
//   <!-- given
//   declare function load(url: string): Promise<void>
//   -->
import { execFile } from "node:child_process"
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { beforeAll, describe, expect, it } from "vitest"

interface PageExample {
  /** File of the page, relative to the repository. */
  readonly page: string
  /** Line of its first line there. */
  readonly line: number
  readonly source: string
  /** Declarations of what the source uses and does not have. */
  readonly given: string
  readonly runs: boolean
  /** What it is to print. */
  readonly output: string
  /** Name of its module, without an ending. */
  readonly module: string
}

const root = join(import.meta.dirname, "..", "..")
const folder = join(root, ".build", "page-examples")
const execute = promisify(execFile)

/** The blocks of one page, in order. */
function examplesOf(page: string, text: string): PageExample[] {
  const found: PageExample[] = []
  let given = ""
  const pattern = /^<!-- given\n([\s\S]*?)\n-->$|^```(\w*)([^\n]*)\n([\s\S]*?)\n?^```$/gm
  for (const match of text.matchAll(pattern)) {
    const [whole, declarations, language = "", mark = "", source = ""] = match
    const last = found.at(-1)
    if (declarations !== undefined) {
      given = declarations
    } else if (language === "ts") {
      const line = text.slice(0, match.index + whole.indexOf("\n") + 1).split("\n").length
      const module = `${page.replace(/\.md$/, "").replaceAll("/", "-")}-${line}`
      const output = printedLines(source)
      found.push({ page, line, source, given, runs: mark.trim() !== "no-run", output, module })
      given = ""
    } else if (language === "text" && last?.runs === true && last.output === "") {
      found[found.length - 1] = { ...last, output: source }
    }
  }
  return found
}

/** What a program says of itself that it prints. */
function printedLines(source: string): string {
  const [, promised = ""] = source.split("// prints:\n")
  return promised.replace(/^\/\/ ?/gm, "")
}

/** Writes the modules, each line where it stands on the page, so that the compiler names the right one. */
function writeModules(examples: readonly PageExample[]): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const compilerOptions = {
    noEmit: false,
    noEmitOnError: false,
    declaration: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    moduleDetection: "force",
    skipLibCheck: true,
    rootDir: ".",
    outDir: "out",
  }
  const project = { extends: "../../tsconfig.json", compilerOptions, include: ["*.ts"] }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(project))
  for (const { module, line, source, given } of examples) {
    writeFileSync(join(folder, `${module}.ts`), `${"\n".repeat(line - 1)}${source}\n${given}\n`)
  }
}

/** What the compiler complains of, with pages in place of modules. */
async function compile(examples: readonly PageExample[]): Promise<string> {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc")
  const call = execute(process.execPath, [compiler, "-p", folder, "--pretty", "false"], { cwd: folder })
  const output = await call.then(
    ({ stdout }) => stdout,
    (error: { stdout: string }) => error.stdout,
  )
  return examples.reduce((text, { module, page }) => text.replaceAll(`${module}.ts`, page), output)
}

const pages = [
  "README.md",
  ...readdirSync(join(root, "docs", "rooms"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/rooms/${name}`),
]
const examples = pages.flatMap((page) => examplesOf(page, readFileSync(join(root, page), "utf8")))

describe("the code on the pages", () => {
  let complaints = ""

  beforeAll(async () => {
    writeModules(examples)
    complaints = await compile(examples)
  })

  it("is there on every page", () => {
    expect(pages.filter((page) => examples.every((example) => example.page !== page))).toEqual([])
  })

  it("compiles against the package", () => {
    expect(complaints).toBe("")
  })

  it.each(examples.filter(({ runs }) => runs))("$page:$line prints what it says", async (example) => {
    const program = join(folder, "out", `${example.module}.js`)
    const { stdout, stderr } = await execute(process.execPath, [program], { timeout: 15_000 })
    expect(stderr).toBe("")
    expect(stdout.trimEnd()).toBe(example.output)
  })
})

describe("the blocks of a page", () => {
  const page = [
    "Prose.",
    "```ts",
    'console.log("a")',
    "```",
    "It prints:",
    "```text",
    "a",
    "```",
    "<!-- given",
    "declare const url: string",
    "-->",
    "```ts no-run",
    "await fetch(url)",
    "```",
    "```text",
    "not its output",
    "```",
    "```ts",
    'console.log("b")',
    "// prints:",
    "// b",
    "```",
  ].join("\n")

  it("are found with line, mark, output and what is given", () => {
    expect(examplesOf("docs/a.md", page)).toEqual([
      {
        page: "docs/a.md",
        line: 3,
        source: 'console.log("a")',
        given: "",
        runs: true,
        output: "a",
        module: "docs-a-3",
      },
      {
        page: "docs/a.md",
        line: 13,
        source: "await fetch(url)",
        given: "declare const url: string",
        runs: false,
        output: "",
        module: "docs-a-13",
      },
      {
        page: "docs/a.md",
        line: 19,
        source: 'console.log("b")\n// prints:\n// b',
        given: "",
        runs: true,
        output: "b",
        module: "docs-a-19",
      },
    ])
  })
})
