// Writes the examples of doc comments out as modules, so that they are type-checked and run like any other code.
//
// An example is a ```ts block under a titled @example. What it uses of ours needs no import: names of its room's
// door, of `tsyncio` and of the other doors are imported for it. A line that ends in `// => value` is an
// assertion about the statement it ends; `// => throws Name` expects an error. A block marked ```ts no-run is
// only type-checked. Each example becomes a file in .build/doc-examples, which `npm run check` compiles and
// test/house/doc-examples.test.ts runs.

import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join, posix, relative, sep } from "node:path"
import { code, tokens } from "./lexer.mjs"
import { parseModule, publicNames } from "./module-text.mjs"
import { buildFolder, root } from "./paths.mjs"

/**
 * @typedef {import("./lexer.d.mts").Token} Token
 * @typedef {import("./doc-examples.d.mts").DocExample} DocExample
 */

const folder = join(buildFolder, "doc-examples")

/** The tsconfig that compiles them, relative to the repository. */
export const exampleProject = ".build/doc-examples/tsconfig.json"

/** @type {import("./doc-examples.d.mts").writeExamples} */
export function writeExamples() {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const options = {
    noUnusedLocals: false,
    noUnusedParameters: false,
    isolatedDeclarations: false,
    declaration: false,
  }
  writeFileSync(
    join(root, exampleProject),
    JSON.stringify({ extends: "../../tsconfig.json", compilerOptions: options, include: ["."] }),
  )
  writeFileSync(join(folder, "empty.ts"), "export {}\n")
  const sources = join(root, "src")
  const paths = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  )
  const doors = readDoors()
  return paths.sort().flatMap((path) => {
    const found = examplesIn(`src/${path.split(sep).join("/")}`, readFileSync(join(sources, path), "utf8"))
    for (const example of found) {
      mkdirSync(dirname(example.module), { recursive: true })
      writeFileSync(example.module, moduleOf(example, doors))
    }
    return found
  })
}

/** Doors of package.json with the names each gives out.
 *  @returns {{ specifier: string, file: string, names: import("./module-text.d.mts").PublicName[] }[]} */
function readDoors() {
  /** @type {{ exports: Record<string, { default?: string }> }} */
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  return Object.entries(exports).flatMap(([door, { default: target }]) => {
    if (target === undefined) return []
    const file = join(root, target.replace("./dist/", "src/").replace(/\.js$/, ".ts"))
    return [{ specifier: posix.join("tsyncio", door), file, names: publicNames(file) }]
  })
}

/** @type {import("./doc-examples.d.mts").examplesIn} */
export function examplesIn(path, text) {
  /** @type {DocExample[]} */
  const found = []
  const all = tokens(text)
  for (const [at, token] of all.entries()) {
    if (token.kind !== "comment" || !token.text.startsWith("/**")) continue
    const body = token.text.replace(/^[ \t]*\*(?: |$)/gm, (sign) => " ".repeat(sign.length))
    const pattern = /@example[ \t]*([^\n]*)\n\s*```ts([^\n]*)\n([\s\S]*?)\n[ \t]*```/g
    for (const match of body.matchAll(pattern)) {
      const [whole, title = "", mark = "", source = ""] = match
      const before = body.slice(0, match.index + whole.indexOf(source)).split("\n").length - 1
      const stem = path.replace(/^src\//, "").replace(/\.ts$/, "")
      found.push({
        name: nameAfter(all, at),
        title: title.trim(),
        path,
        line: token.line + before,
        source: unindent(source),
        runs: mark.trim() !== "no-run",
        module: join(folder, `${stem}-${found.length + 1}.ts`),
      })
    }
  }
  return found
}

/** The name that the comment at this place belongs to.
 *  @param {Token[]} all @param {number} at */
function nameAfter(all, at) {
  const words = new Set(
    "export declare abstract async function class const let static readonly get set * interface type".split(
      " ",
    ),
  )
  const next = all.slice(at + 1).find((token) => token.kind !== "comment" && !words.has(token.text))
  return next?.text ?? "module"
}

/** @param {string} source */
function unindent(source) {
  const lines = source.split("\n")
  const depths = lines.filter((line) => line.trim() !== "").map((line) => line.search(/\S/))
  const depth = Math.min(...depths)
  return lines.map((line) => line.slice(depth)).join("\n")
}

/** @param {DocExample} example @param {ReturnType<typeof readDoors>} doors */
function moduleOf(example, doors) {
  const own = parseModule(example.source)
  /** @type {string[]} */
  const imports = []
  let body = example.source
  const statements = own.imports.filter(
    ({ names, specifier }) => names.length > 0 || specifier.startsWith("node:"),
  )
  if (statements.length > 0) {
    const lifted = liftImports(example.source)
    body = lifted.body
    imports.push(...lifted.imports.map((statement) => resolveDoor(statement, example, doors)))
  }
  imports.push(...impliedImports(body, example, doors, imports.join("\n")))
  const checks = relative(dirname(example.module), join(root, "test", "house", "example-checks.ts"))
  const header = `// Written by scripts/doc-examples.mjs from ${example.path}:${example.line}.\n`
  const wrapped = needsNoRun(body) ? "false" : "true"
  return `${header}import { $is, $log, $throws } from "${checks.split(sep).join("/")}"
${imports.join("\n")}
void [$is, $log, $throws]
export const inRun = ${wrapped}
export async function example(): Promise<void> {
${assertions(withoutExports(body), example)}
}
`
}

/** What an example exports is only declared: nothing can be exported from within a function.
 *  @param {string} body */
function withoutExports(body) {
  return body.replace(/^export (?=(?:async )?(?:const|let|function|class)\b)/gm, "")
}

/** Whether an example opens a run of its own, which cannot stand inside another.
 *  @param {string} body */
function needsNoRun(body) {
  const list = code(body)
  return list.some((token, at) => {
    const isRunner = token.text === "run" || token.text === "runVirtual" || token.text === "Runner"
    return isRunner && token.kind === "name" && list[at - 1]?.text !== "." && list[at + 1]?.text === "("
  })
}

/** Parts import statements from the rest: they cannot stand within a function.
 *  @param {string} source @returns {{ imports: string[], body: string }} */
function liftImports(source) {
  /** @type {string[]} */
  const imports = []
  const body = source.replace(/^import\b[^"]*"[^"]*"[^\n]*$/gm, (statement) => {
    imports.push(statement)
    return ""
  })
  return { imports, body }
}

/** @param {string} statement @param {DocExample} example @param {ReturnType<typeof readDoors>} doors */
function resolveDoor(statement, example, doors) {
  return statement.replace(/"(tsyncio[^"]*)"/, (_, /** @type {string} */ specifier) => {
    const door = doors.find((one) => one.specifier === specifier)
    if (door === undefined)
      throw new Error(`${example.path}:${example.line}: there is no door "${specifier}"`)
    return `"${pathTo(door.file, example)}"`
  })
}

/** @param {string} file @param {DocExample} example */
function pathTo(file, example) {
  return relative(dirname(example.module), file).split(sep).join("/")
}

/**
 * Imports for the names that an example uses and does not declare: its own room's door goes first, then the doors
 * in the order of package.json, last what its own file gives out without a door.
 *
 * @param {string} body @param {DocExample} example @param {ReturnType<typeof readDoors>} doors @param {string} given
 * @returns {string[]}
 */
function impliedImports(body, example, doors, given) {
  const room = example.path.split("/")[1] ?? ""
  const own = join(root, example.path)
  const sorted = [...doors].sort((a, b) => Number(isOfRoom(b.file, room)) - Number(isOfRoom(a.file, room)))
  sorted.push({ specifier: example.path, file: own, names: publicNames(own) })
  const used = usedNames(body)
  for (const token of code(given)) used.delete(token.text)
  return sorted.flatMap(({ file, names }) => {
    const values = []
    const types = []
    for (const { name, isValue } of names) {
      if (name === "default" || !used.delete(name)) continue
      if (isValue) values.push(name)
      else types.push(name)
    }
    const from = pathTo(file, example)
    return [
      ...(values.length > 0 ? [`import { ${values.join(", ")} } from "${from}"`] : []),
      ...(types.length > 0 ? [`import type { ${types.join(", ")} } from "${from}"`] : []),
    ]
  })
}

/** @param {string} file @param {string} room */
function isOfRoom(file, room) {
  return file.endsWith(join("src", room, "index.ts"))
}

/** Names in the code that are neither properties nor declared there.
 *  @param {string} body @returns {Set<string>} */
function usedNames(body) {
  const list = code(body)
  const used = new Set()
  const declared = new Set()
  for (const [at, token] of list.entries()) {
    if (token.kind !== "name") continue
    const before = list[at - 1]?.text ?? ""
    if (before === "." || before === "?.") continue
    if (/^(?:const|let|var|function|class|interface|type)$/.test(before)) declared.add(token.text)
    else used.add(token.text)
  }
  for (const name of declared) used.delete(name)
  return used
}

// --- assertions

/** @typedef {{ from: number, to: number, text: string }} Edit */

/**
 * The body with each `// =>` made a call that compares.
 *
 * @param {string} body @param {DocExample} example
 * @returns {string}
 */
function assertions(body, example) {
  const all = tokens(body)
  /** @type {Edit[]} */
  const edits = []
  for (const [at, token] of all.entries()) {
    if (token.kind !== "comment" || !token.text.startsWith("// =>")) continue
    const where = `${example.path}:${example.line + token.line - 1}`
    const last = all.slice(0, at).findLastIndex((one) => one.kind !== "comment")
    if (last === -1) throw new Error(`${where}: "// =>" stands behind no statement`)
    const statement = all.slice(statementStart(all, last), last + 1).filter((one) => one.kind !== "comment")
    edits.push(...assertion(statement, token.text.slice("// =>".length).trim(), where))
  }
  let result = body
  for (const { from, to, text } of edits.sort((a, b) => b.from - a.from)) {
    result = result.slice(0, from) + text + result.slice(to)
  }
  return result
}

/**
 * What to write around a statement, for statements may stand within one another.
 *
 * @param {Token[]} statement @param {string} expected @param {string} where
 * @returns {Edit[]}
 */
function assertion(statement, expected, where) {
  const first = statement[0]
  const last = statement.at(-1)
  if (first === undefined || last === undefined)
    throw new Error(`${where}: "// =>" stands behind no statement`)
  const end = last.text === ";" ? last.start : last.end
  const place = JSON.stringify(where)
  /** @param {string} before @param {string} after @returns {Edit[]} */
  const around = (before, after) => [
    { from: first.start, to: first.start, text: before },
    { from: end, to: end, text: after },
  ]
  const error = /^throws\s+(.+)$/.exec(expected)
  if (error !== null) {
    const isAsync = statement.some((token) => token.text === "await" && token.depth === first.depth)
    const call = isAsync ? ";await $throws(async () => (" : ";$throws(() => ("
    return around(call, `), ${JSON.stringify(error[1])}, ${place})`)
  }
  const value = JSON.stringify(expected)
  if (first.text === "const" || first.text === "let") {
    return [{ from: end, to: end, text: `\n;$is(${statement[1]?.text}, ${value}, ${place})` }]
  }
  if (first.text === "console" && statement[2]?.text === "log" && statement[3] !== undefined) {
    return [
      { from: first.start, to: statement[3].end, text: ";$log([" },
      { from: last.start, to: last.end, text: `], ${value}, ${place})` },
    ]
  }
  return around(";$is(", `, ${value}, ${place})`)
}

/** Index of the first token of the statement that ends at `last`: code without semicolons, as the formatter lays
 *  it out, so a statement begins on a new line that neither it nor the line before continues.
 *  @param {Token[]} all @param {number} last */
function statementStart(all, last) {
  const depth = all[last]?.depth ?? 0
  let start = last
  for (let at = last; at >= 0; at--) {
    const token = all[at]
    if (token === undefined || token.kind === "comment") continue
    if (token.depth < depth) break
    if (token.depth > depth) continue
    const before = all.slice(0, at).findLast((one) => one.kind !== "comment")
    start = at
    if (before === undefined || before.text === ";" || before.depth < depth) break
    if (before.line < token.line && !continues(before, token)) break
  }
  return start
}

/** @param {Token} before @param {Token} token */
function continues(before, token) {
  const opener = /^(?:=>|\.\.\.|[=([{,.?:+\-*/&|<>!])$/
  const follower = /^(?:\?\.|=>|[)\]}.,?:+\-*/&|=<>])$|^(?:instanceof|in|of|as|satisfies)$/
  const word = /^(?:await|new|return|typeof|void|of|in|instanceof|as|const|let)$/
  return (
    opener.test(before.text) ||
    word.test(before.text) ||
    (token.kind !== "template" && follower.test(token.text))
  )
}
