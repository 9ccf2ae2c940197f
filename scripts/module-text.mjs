// Reads from a module's text what it imports, declares and exports, and follows re-exports from file to file.
//
// The laws of the house, the api dump and the doc-comment examples share it. It works on tokens, so comments and
// strings cannot deceive it, and needs no compiler: each law runs in milliseconds, on sources as well as on
// declaration files. It expects what the formatter and `isolatedDeclarations` guarantee: one declaration per
// statement and explicit types.

import { existsSync, readFileSync } from "node:fs"
import { dirname, resolve } from "node:path"
import { stringValue, tokens } from "./lexer.mjs"

/**
 * @typedef {import("./lexer.d.mts").Token} Token
 * @typedef {import("./module-text.d.mts").ImportText} ImportText
 * @typedef {import("./module-text.d.mts").ExportText} ExportText
 * @typedef {import("./module-text.d.mts").Declaration} Declaration
 * @typedef {import("./module-text.d.mts").DeclarationKind} DeclarationKind
 * @typedef {import("./module-text.d.mts").PublicName} PublicName
 */

const kinds = new Set(["class", "function", "const", "let", "interface", "type", "enum", "namespace"])
const modifiers = new Set(["export", "declare", "abstract", "async", "default"])

/** @type {import("./module-text.d.mts").parseModule} */
export function parseModule(text) {
  const all = tokens(text)
  /** @type {ImportText[]} */
  const imports = []
  /** @type {ExportText[]} */
  const exports = []
  /** @type {Map<string, Declaration>} */
  const declarations = new Map()
  let hasDefaultExport = false
  const plain = all.filter((token) => token.kind !== "comment")
  for (let at = 0; at < plain.length; at++) {
    const token = tokenAt(plain, at)
    if (token.text === "import" && token.kind === "name") readImport(plain, at, imports)
    if (token.depth > 0 || token.kind !== "name" || !startsStatement(plain, at)) continue
    if (token.text === "export") {
      const next = plain[at + 1]?.text
      if (next === "default" || next === "=") hasDefaultExport = true
      if (next === "{" || next === "*" || (next === "type" && "{*".includes(plain[at + 2]?.text ?? "-"))) {
        readExportList(plain, at, imports, exports)
        continue
      }
    }
    readDeclaration(text, all, plain, at, declarations, exports)
  }
  return { tokens: all, imports, exports, declarations, hasDefaultExport }
}

/** @param {Token[]} list @param {number} at @returns {Token} */
function tokenAt(list, at) {
  const token = list[at]
  if (token === undefined) throw new Error("Cannot read module: its text ends within a statement")
  return token
}

/** Whether the token is the first of a statement: first on its line, and not held by the line before.
 *  @param {Token[]} plain @param {number} at */
function startsStatement(plain, at) {
  const before = plain[at - 1]
  if (before === undefined || before.text === ";") return true
  return before.line < tokenAt(plain, at).line && !"=|&,.:?<".includes(before.text.at(-1) ?? "")
}

/** @param {Token[]} plain @param {number} at @param {ImportText[]} imports */
function readImport(plain, at, imports) {
  const { line, depth } = tokenAt(plain, at)
  const next = plain[at + 1]
  if (next?.text === "(") {
    const specifier = plain[at + 2]
    if (specifier?.kind === "string") {
      imports.push({ specifier: stringValue(specifier), names: [], typeOnly: false, line })
    }
    return
  }
  if (depth > 0 || next === undefined || next.text === ".") return
  const end = plain.findIndex((token, index) => index > at && token.kind === "string")
  if (end === -1) return
  const clause = plain.slice(at + 1, end)
  const typeOnly = clause[0]?.text === "type" && clause[1]?.text !== "from" && clause[1]?.text !== ","
  imports.push({
    specifier: stringValue(tokenAt(plain, end)),
    names: readNames(clause, typeOnly),
    typeOnly,
    line,
  })
}

/** The names between braces of an import or export clause.
 *  @param {Token[]} clause @param {boolean} typeOnly */
function readNames(clause, typeOnly) {
  const open = clause.findIndex((token) => token.text === "{")
  const close = clause.findIndex((token) => token.text === "}")
  if (open === -1) return []
  /** @type {{ imported: string, local: string, typeOnly: boolean }[]} */
  const names = []
  /** @type {string[]} */
  let words = []
  for (const token of [...clause.slice(open + 1, close), undefined]) {
    if (token !== undefined && token.text !== ",") {
      words.push(token.text)
      continue
    }
    if (words.length === 0) continue
    const isType = words.length > 1 && words[0] === "type" && words[1] !== "as"
    const rest = isType ? words.slice(1) : words
    const imported = rest[0] ?? ""
    names.push({ imported, local: rest[2] ?? imported, typeOnly: typeOnly || isType })
    words = []
  }
  return names
}

/** @param {Token[]} plain @param {number} at @param {ImportText[]} imports @param {ExportText[]} exports */
function readExportList(plain, at, imports, exports) {
  const { line } = tokenAt(plain, at)
  const typeOnly = plain[at + 1]?.text === "type"
  const open = typeOnly ? at + 2 : at + 1
  const isStar = tokenAt(plain, open).text === "*"
  const close = isStar ? open : plain.findIndex((token, index) => index > open && token.text === "}")
  let from
  if (plain[close + 1]?.text === "from") from = plain[close + 2]
  if (isStar && plain[open + 1]?.text === "as") {
    exports.push({ name: tokenAt(plain, open + 2).text, local: "*", typeOnly, from: undefined, line })
    from = plain[open + 4]
  }
  const specifier = from === undefined ? undefined : stringValue(from)
  const names = isStar ? [] : readNames(plain.slice(open, close + 1), typeOnly)
  if (specifier !== undefined) imports.push({ specifier, names, typeOnly, line })
  if (isStar && plain[open + 1]?.text !== "as") {
    exports.push({ name: "*", local: "*", typeOnly, from: specifier, line })
  }
  for (const { imported, local, typeOnly: isType } of names) {
    exports.push({ name: local, local: imported, typeOnly: isType, from: specifier, line })
  }
}

/**
 * @param {string} text @param {Token[]} all @param {Token[]} plain @param {number} at
 * @param {Map<string, Declaration>} declarations @param {ExportText[]} exports
 */
function readDeclaration(text, all, plain, at, declarations, exports) {
  let word = at
  while (modifiers.has(plain[word]?.text ?? "")) word += 1
  const kind = plain[word]?.text ?? ""
  if (!kinds.has(kind)) return
  let nameAt = word + 1
  if (plain[nameAt]?.text === "*") nameAt += 1
  const nameToken = plain[nameAt]
  if (nameToken === undefined || nameToken.kind !== "name") return
  const first = tokenAt(plain, at)
  const end = declarationEnd(plain, nameAt, kind)
  const { text: name } = nameToken
  const exported = first.text === "export"
  const before = declarations.get(name)
  /** @type {Declaration} */
  const declaration = {
    name,
    kind: /** @type {DeclarationKind} */ (kind),
    doc: before?.doc ?? docBefore(text, all, first),
    exported: exported || before?.exported === true,
    line: before?.line ?? first.line,
    code: [...(before?.code ?? []), ...plain.slice(at, end + 1)],
    ranges: [...(before?.ranges ?? []), [first.start, tokenAt(plain, end).end]],
  }
  declarations.set(name, declaration)
  if (!exported || before?.exported === true || plain[at + 1]?.text === "default") return
  const typeOnly = kind === "interface" || kind === "type"
  exports.push({ name, local: name, typeOnly, from: undefined, line: first.line })
}

/** Index of the last token of a declaration: the one before the next statement at the top level.
 *  @param {Token[]} plain @param {number} nameAt @param {string} kind */
function declarationEnd(plain, nameAt, kind) {
  const hasBody = kind === "class" || kind === "interface" || kind === "enum" || kind === "namespace"
  for (let at = nameAt + 1; at < plain.length; at++) {
    const token = tokenAt(plain, at)
    if (token.depth > 0) continue
    const next = plain[at + 1]
    if (next === undefined || token.text === ";") return at
    if (token.text === "}" && hasBody && next.line > token.line) return at
    if (next.depth === 0 && next.kind === "name" && startsStatement(plain, at + 1)) return at
  }
  return plain.length - 1
}

/** The `/**` comment that ends right before a token; only white space and other comments may stand between.
 *  @param {string} text @param {Token[]} all @param {Token} token */
function docBefore(text, all, token) {
  let index = all.indexOf(token) - 1
  while (all[index]?.kind === "comment") {
    const comment = tokenAt(all, index)
    const isSign = /(?:^\/\*|^\s*)\*\s*@module\b/m.test(comment.text)
    if (comment.text.startsWith("/**") && !isSign) return comment.text
    index -= 1
  }
  return undefined
}

/** @type {import("./module-text.d.mts").publicNames} */
export function publicNames(path) {
  /** @type {Map<string, PublicName>} */
  const found = new Map()
  collect(path, found, new Map())
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/** @param {string} path @param {Map<string, PublicName>} found @param {Map<string, ReturnType<typeof parseModule>>} seen */
function collect(path, found, seen) {
  const parsed = load(path, seen)
  for (const { name, local, typeOnly, from } of parsed.exports) {
    if (name === "*") {
      if (from === undefined) continue
      collect(follow(path, from), found, seen)
      continue
    }
    const end = findDeclaration(path, local, from, seen)
    const isType = end.declaration.kind === "interface" || end.declaration.kind === "type"
    found.set(name, { ...end, name, isValue: !typeOnly && !isType })
  }
}

/**
 * @param {string} path @param {string} local @param {string | undefined} from
 * @param {Map<string, ReturnType<typeof parseModule>>} seen
 * @returns {{ path: string, declaration: Declaration }}
 */
function findDeclaration(path, local, from, seen) {
  const parsed = load(path, seen)
  if (from === undefined) {
    const declaration = parsed.declarations.get(local)
    if (declaration !== undefined) return { path, declaration }
    for (const { specifier, names } of parsed.imports) {
      const taken = names.find((name) => name.local === local)
      if (taken !== undefined && specifier.startsWith(".")) {
        return findDeclaration(path, taken.imported, specifier, seen)
      }
    }
    throw new Error(`Cannot follow export "${local}" of ${path}: it is declared nowhere`)
  }
  const target = follow(path, from)
  const there = load(target, seen).exports.find((entry) => entry.name === local)
  if (there !== undefined) return findDeclaration(target, there.local, there.from, seen)
  for (const { name, from: further } of load(target, seen).exports) {
    if (name !== "*" || further === undefined) continue
    try {
      return findDeclaration(target, local, further, seen)
    } catch {
      // Not behind this star: the next one may have it.
    }
  }
  throw new Error(`Cannot follow export "${local}" of ${path}: ${target} does not export it`)
}

/** @param {string} path @param {Map<string, ReturnType<typeof parseModule>>} seen */
function load(path, seen) {
  let parsed = seen.get(path)
  if (parsed === undefined) seen.set(path, (parsed = parseModule(readFileSync(path, "utf8"))))
  return parsed
}

/** The file a relative specifier names; a declaration file says `.js` or `.ts` where it means `.d.ts`.
 *  @param {string} path @param {string} specifier */
function follow(path, specifier) {
  if (!specifier.startsWith("."))
    throw new Error(`Cannot follow export of ${path}: ${specifier} is not a file of ours`)
  const target = resolve(dirname(path), specifier)
  for (const candidate of [target.replace(/(?:\.d)?\.[jt]s$/, ".d.ts"), target]) {
    if (existsSync(candidate)) return candidate
  }
  throw new Error(`Cannot follow export of ${path}: ${specifier} is not there`)
}
