// Which of the names in a program are this library's.
//
// A name counts if it was imported from `tsyncio`, under whatever name, or stands behind a namespace
// import (`aio.gather`); a local variable that happens to be called `wait` does not. The linter's
// scopes decide, so shadowing is seen.
import type { Definition, LintScope, RuleContext } from "./rule.ts"
import type { NodeOf, SyntaxNode } from "./syntax-node.ts"
import { isFunction, isNode, memberName, unwrap } from "./syntax-node.ts"

/** Setting of rules that look for names of ours. */
export interface OursOptions {
  /** Modules whose names count, with all below them; "." and ".." for relative paths. @default ["tsyncio"] */
  readonly modules?: readonly string[]
}

/** JSON Schema of {@link OursOptions}. */
export const modulesSchema: object = { type: "array", items: { type: "string" } }

/** The name under which we export what `callee` is, if it is ours. */
export function ourName(context: RuleContext, callee: SyntaxNode): string | undefined {
  const source = importSource(context, callee)
  if (source === undefined || !isOurs(context, source)) return undefined
  const node = unwrap(callee)
  if (!isNode(node, "Identifier")) return memberName(node)
  const specifier = definitionOf(context, node)?.node
  if (!isNode(specifier, "ImportSpecifier")) return undefined
  return specifier.imported.name ?? String(specifier.imported.value)
}

/** The module that `callee` was imported from, or the one that has it as a member: `fs` in `fs.stat`. */
export function importSource(context: RuleContext, callee: SyntaxNode): string | undefined {
  const node = unwrap(callee)
  const base = isNode(node, "MemberExpression") ? unwrap(node.object) : node
  if (!isNode(base, "Identifier")) return undefined
  const definition = definitionOf(context, base)
  const isNamespace = definition?.node.type === "ImportNamespaceSpecifier"
  const isDefault = definition?.node.type === "ImportDefaultSpecifier"
  if (base !== node && !isNamespace && !isDefault) return undefined
  const declaration = definition?.parent
  return isNode(declaration, "ImportDeclaration") ? String(declaration.source.value) : undefined
}

/** Whether `node` is the group in `taskGroup(async (group) => …)`. */
export function isGroup(context: RuleContext, node: SyntaxNode): boolean {
  if (!isNode(node, "Identifier")) return false
  const definition = definitionOf(context, node)
  if (definition?.type !== "Parameter" || !isFunction(definition.node)) return false
  const { parent } = definition.node
  if (!isNode(parent, "CallExpression")) return false
  return parent.arguments[0] === definition.node && ourName(context, parent.callee) === "taskGroup"
}

/** Where the name at this place comes from; undefined for a global. */
export function definitionOf(context: RuleContext, node: NodeOf<"Identifier">): Definition | undefined {
  let scope: LintScope | null = context.sourceCode.getScope(node as never)
  while (scope !== null) {
    const variable = scope.set.get(node.name)
    if (variable !== undefined) return variable.defs[0]
    scope = scope.upper
  }
  return undefined
}

function isOurs(context: RuleContext, source: string): boolean {
  const { modules = ["tsyncio"] } = (context.options[0] ?? {}) as OursOptions
  return modules.some((module) => source === module || source.startsWith(`${module}/`))
}
