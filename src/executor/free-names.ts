// What a function uses from around it, read from its source.
//
// acorn reads the source, eslint-scope tells which references leave the function; neither is loaded before
// somebody asks. A method is read inside an object, since `name() {}` is no expression. What cannot be
// sent at all is refused here: classes, generators, native and bound functions, and functions that lean on
// the `this`, `super` or `import.meta` of the place where they stand.
import type * as Acorn from "acorn"
import type * as EslintScope from "eslint-scope"
import { createRequire } from "node:module"
import { describeReason } from "../base/describe-reason.ts"

/** The source of a function as an expression, and what the parser made of it. */
export interface ReadFunction {
  readonly source: string
  readonly program: Acorn.Program
}

/** Any node of the syntax tree, to walk through. */
type AnyNode = Acorn.Node & { readonly [field: string]: unknown }

const require = createRequire(import.meta.url)

/**
 * Reads a function's source.
 *
 * @throws {TypeError} If it cannot be sent by source, with the reason.
 */
export function readFunction(fn: (...args: never[]) => unknown, name: string): ReadFunction {
  const text = Function.prototype.toString.call(fn)
  const refuse = (why: string): never => {
    throw new TypeError(`Cannot send function "${name}" by its source: ${why}; use \`portable\``)
  }
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) refuse("it is native or bound and has none")
  let read: ReadFunction
  try {
    read = parse(text, `(${text})`)
  } catch (error) {
    try {
      read = parse(`({ ${text} })[${JSON.stringify(fn.name)}]`)
    } catch {
      return refuse(`it cannot be read as strict code (${describeReason(error)})`)
    }
  }
  const why = faultOf(functionIn(read.program))
  return why === null ? read : refuse(why)
}

/** Names that a program uses and does not define, each once. */
export function freeNames(program: Acorn.Program): string[] {
  const { analyze } = require("eslint-scope") as typeof EslintScope
  const scopes = analyze(program as unknown as Parameters<typeof analyze>[0], {
    ecmaVersion: 2025,
    sourceType: "module",
  })
  const found =
    scopes.globalScope?.through.map(({ identifier }) => (identifier as { name: string }).name) ?? []
  return [...new Set(found)]
}

function parse(source: string, text: string = source): ReadFunction {
  const acorn = require("acorn") as typeof Acorn
  return { source, program: acorn.parse(text, { ecmaVersion: "latest", sourceType: "module", ranges: true }) }
}

/** The function that the expression is, or the member that it takes out of an object. */
function functionIn(program: Acorn.Program): AnyNode {
  const expression = fieldOf(program.body[0] as unknown as AnyNode, "expression")
  if (expression.type !== "MemberExpression") return expression
  const members = fieldOf(expression, "object")["properties"] as AnyNode[]
  const member = members[0] as AnyNode
  return member["kind"] === "init" ? fieldOf(member, "value") : member
}

function fieldOf(node: AnyNode, name: string): AnyNode {
  return node[name] as AnyNode
}

function faultOf(fn: AnyNode): string | null {
  if (fn.type === "ClassExpression") return "it is a class"
  const isArrow = fn.type === "ArrowFunctionExpression"
  if (!isArrow && fn.type !== "FunctionExpression") return "it is a getter, a setter or no function at all"
  if (fn["generator"] === true) return "it is a generator, whose values do not travel one by one"
  return leaning(fn, isArrow, true)
}

/** What of its surroundings the code leans on that is no variable; null if nothing. */
function leaning(node: AnyNode, isThisOuter: boolean, isSuperOuter: boolean): string | null {
  const why = leaningItself(node, isThisOuter, isSuperOuter)
  if (why !== null) return why
  const isFunction = node.type === "FunctionExpression" || node.type === "FunctionDeclaration"
  const isClass = node.type === "ClassBody"
  const isThisInner = isFunction || isClass
  const isSuperInner = isClass || node.type === "ObjectExpression"
  for (const child of childrenOf(node)) {
    const found = leaning(child, isThisOuter && !isThisInner, isSuperOuter && !isSuperInner)
    if (found !== null) return found
  }
  return null
}

function leaningItself(node: AnyNode, isThisOuter: boolean, isSuperOuter: boolean): string | null {
  if (node.type === "ThisExpression" && isThisOuter) return "it uses `this` from around it"
  if (node.type === "Super" && isSuperOuter) return "it uses `super`"
  if (node.type === "MetaProperty") {
    if (fieldOf(node, "meta")["name"] === "import") return "it uses `import.meta`"
    if (isThisOuter) return "it uses `new.target` from around it"
  }
  if (node.type !== "ImportExpression") return null
  const { value } = fieldOf(node, "source")
  const isRelative = typeof value === "string" && /^\.{0,2}\//.test(value)
  return isRelative ? `it imports \`${value}\`, which is relative to its module` : null
}

function childrenOf(node: AnyNode): AnyNode[] {
  const fields = Object.values(node).flat() as (Partial<AnyNode> | null)[]
  return fields.filter((value): value is AnyNode => typeof value?.type === "string")
}
