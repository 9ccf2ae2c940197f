// `npm run api`: writes the public face of each door as text, api/<door>.api.md, from the built declaration files.
//
// The files are committed: a change of the face is seen in the diff of the commit that makes it. Names are sorted,
// comments and private members left out. `--check` writes nothing and fails if the committed text is another.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join, posix } from "node:path"
import { tokens } from "./lexer.mjs"
import { publicNames } from "./module-text.mjs"
import { root } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

/** @typedef {import("./module-text.d.mts").PublicName} PublicName */

const folder = join(root, "api")
const checkOnly = process.argv.includes("--check")

await setupOrExit()
const wanted = new Map(doors().map(([door, file]) => [fileName(door), dumpOf(door, join(root, file))]))
const there = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".api.md")) : []
const stale = [...wanted]
  .filter(([name, text]) => !there.includes(name) || text !== read(name))
  .map(([name]) => name)
const left = there.filter((name) => !wanted.has(name))
if (checkOnly) {
  for (const name of [...stale, ...left]) {
    console.error(`api/${name} is not what the doors give out: run "npm run api" and read the difference`)
  }
  process.exitCode = stale.length + left.length === 0 ? 0 : 1
} else {
  mkdirSync(folder, { recursive: true })
  for (const name of left) rmSync(join(folder, name))
  for (const name of stale) writeFileSync(join(folder, name), wanted.get(name) ?? "")
  console.log(
    stale.length + left.length === 0 ? "api/ is up to date" : `api/: wrote ${[...stale, ...left].join(", ")}`,
  )
}

/** @returns {[string, string][]} door of the package and its declaration file */
function doors() {
  /** @type {{ exports: Record<string, { types?: string }> }} */
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  return Object.entries(exports).flatMap(([door, { types }]) => (types === undefined ? [] : [[door, types]]))
}

/** @param {string} door */
function fileName(door) {
  return `${door === "." ? "tsyncio" : door.slice(2).replaceAll("/", "-")}.api.md`
}

/** @param {string} name */
function read(name) {
  return readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n")
}

/** @param {string} door @param {string} file */
function dumpOf(door, file) {
  const names = publicNames(file)
  const values = names.filter(({ isValue }) => isValue).length
  const lines = [
    `# ${posix.join("tsyncio", door)}`,
    "",
    `${values} values, ${names.length - values} types. Written by \`npm run api\`; do not edit.`,
    "",
    ...names.flatMap((name) => [`## ${name.name}`, "", "```ts", declarationOf(name), "```", ""]),
  ]
  return `${lines.join("\n").trimEnd()}\n`
}

/** The declaration as the compiler wrote it, without comments and private members.
 *  @param {PublicName} name */
function declarationOf({ path, declaration }) {
  const text = readFileSync(path, "utf8")
  return declaration.ranges
    .map(([from, to]) => withoutComments(text.slice(from, to)))
    .join("\n")
    .replace(/^\s*(?:#private;|private .*;)$\n?/gm, "")
    .replace(/\n\s*\n/g, "\n")
}

/** @param {string} text */
function withoutComments(text) {
  let result = ""
  let at = 0
  for (const token of tokens(text)) {
    if (token.kind !== "comment") continue
    result += text.slice(at, token.start)
    at = token.end
  }
  return (result + text.slice(at)).replace(/[ \t]+$/gm, "")
}
