// The syntax tree as a linter hands it over: ESTree, as far as the rules look at it.
//
// A node is told by its `type`; `isNode` gives it the shape that belongs to the type. Only what is
// read stands in a shape, so that it fits the trees of ESLint, oxlint and the TypeScript parsers
// alike. Nothing here changes a tree.

/** A piece of a program. */
export interface SyntaxNode {
  readonly type: string
}

/** A list whose gaps, as in `[a, , b]`, are null. */
type Slots = readonly (SyntaxNode | null)[]

/** What stands in nodes of each type. */
interface Shapes {
  readonly ArrayExpression: { readonly elements: Slots }
  readonly ArrowFunctionExpression: FunctionShape
  readonly AwaitExpression: { readonly argument: SyntaxNode }
  readonly CallExpression: CallShape
  readonly CatchClause: { readonly body: SyntaxNode; readonly parent: SyntaxNode }
  readonly ChainExpression: { readonly expression: SyntaxNode }
  readonly ConditionalExpression: { readonly consequent: SyntaxNode; readonly alternate: SyntaxNode }
  readonly ExpressionStatement: { readonly expression: SyntaxNode }
  readonly ForOfStatement: { readonly await: boolean }
  readonly FunctionDeclaration: FunctionShape
  readonly FunctionExpression: FunctionShape
  readonly Identifier: { readonly name: string }
  readonly ImportDeclaration: { readonly source: { readonly value: unknown } }
  readonly ImportSpecifier: { readonly imported: { readonly name?: string; readonly value?: unknown } }
  readonly LogicalExpression: { readonly left: SyntaxNode; readonly right: SyntaxNode }
  readonly MemberExpression: MemberShape
  readonly NewExpression: CallShape
  readonly ReturnStatement: { readonly argument: SyntaxNode | null }
  readonly SequenceExpression: { readonly expressions: readonly SyntaxNode[] }
  readonly SpreadElement: { readonly argument: SyntaxNode }
  readonly TryStatement: { readonly block: SyntaxNode; readonly handler: SyntaxNode | null }
  readonly VariableDeclaration: { readonly kind: string }
  readonly VariableDeclarator: { readonly init: SyntaxNode | null }
}

interface FunctionShape {
  readonly async: boolean
  readonly generator: boolean
  readonly params: readonly SyntaxNode[]
  readonly body: SyntaxNode
  readonly parent: SyntaxNode
}

interface CallShape {
  readonly callee: SyntaxNode
  readonly arguments: readonly SyntaxNode[]
}

interface MemberShape {
  readonly object: SyntaxNode
  readonly property: SyntaxNode
  readonly computed: boolean
}

/** A node of that type. */
export type NodeOf<K extends keyof Shapes> = SyntaxNode & { readonly type: K } & Shapes[K]

/** A function in any of its three forms. */
export type FunctionNode = NodeOf<"ArrowFunctionExpression" | "FunctionDeclaration" | "FunctionExpression">

/** Whether `node` is of the type. */
export function isNode<K extends keyof Shapes>(
  node: SyntaxNode | null | undefined,
  type: K,
): node is NodeOf<K> {
  return node?.type === type
}

/** Whether `node` is a function. */
export function isFunction(node: SyntaxNode | null | undefined): node is FunctionNode {
  return (
    isNode(node, "ArrowFunctionExpression") ||
    isNode(node, "FunctionDeclaration") ||
    isNode(node, "FunctionExpression")
  )
}

/** The function that `node` stands in, if any. */
export function enclosingFunction(node: SyntaxNode): FunctionNode | undefined {
  let at = parentOf(node)
  while (at !== null && !isFunction(at)) at = parentOf(at)
  return at ?? undefined
}

function parentOf(node: SyntaxNode & { readonly parent?: SyntaxNode | null }): SyntaxNode | null {
  return node.parent ?? null
}

/** Wrappers that give what is inside: types, `!`, and `?.` chains. */
const wrappers = new Set([
  "ChainExpression",
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "TSTypeAssertion",
])

/** `node` without wrappers. */
export function unwrap(node: SyntaxNode): SyntaxNode {
  let inner = node
  while (wrappers.has(inner.type)) inner = (inner as NodeOf<"ChainExpression">).expression
  return inner
}

/** The expressions whose value an expression may have: both branches of `a ? b : c`, the last of `a, b`. */
export function outcomesOf(expression: SyntaxNode): SyntaxNode[] {
  const inner = unwrap(expression)
  if (isNode(inner, "ConditionalExpression")) {
    return [...outcomesOf(inner.consequent), ...outcomesOf(inner.alternate)]
  }
  if (isNode(inner, "LogicalExpression")) return [...outcomesOf(inner.left), ...outcomesOf(inner.right)]
  if (isNode(inner, "SequenceExpression")) return inner.expressions.slice(-1).flatMap(outcomesOf)
  return [inner]
}

/** The name of the member in `thing.name`, if `node` is that and the name is written out. */
export function memberName(node: SyntaxNode): string | undefined {
  if (!isNode(node, "MemberExpression") || node.computed || !isNode(node.property, "Identifier"))
    return undefined
  return node.property.name
}
