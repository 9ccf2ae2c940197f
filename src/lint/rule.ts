// What a linter and a rule know of each other: ESLint's interface, as far as the rules use it.
//
// It is written down here, and not taken from a package, so that `tsyncio/lint` brings no dependency
// and fits ESLint's types as well as oxlint's.
import type { SyntaxNode } from "./syntax-node.ts"

/** A rule: what it is, and which nodes it wants to see. */
export interface LintRule {
  readonly meta: RuleMeta
  create(context: RuleContext): Record<string, (node: never) => void>
}

/** What a rule says of itself. */
export interface RuleMeta {
  readonly type: "problem"
  readonly docs: { readonly description: string }
  /** JSON Schema of the options. */
  readonly schema: object[]
  /** Texts by name; `{{word}}` is filled in. */
  readonly messages: Record<string, string>
}

/** The linter, at work on one file. */
export interface RuleContext {
  readonly options: readonly unknown[]
  readonly sourceCode: SourceCode
  report(problem: ReportedProblem): void
}

/** What is told about a place. */
export interface ReportedProblem {
  /** The place; the linter knows nodes of its own making only. */
  readonly node: never
  readonly messageId: string
  readonly data?: Record<string, string>
}

/** The text as the linter has read it. */
export interface SourceCode {
  /** For each type of node, the fields that hold nodes. */
  readonly visitorKeys: Readonly<Record<string, readonly string[] | undefined>>
  getScope(node: never): LintScope
}

/** A stretch of the program with names of its own. */
export interface LintScope {
  readonly set: ReadonlyMap<string, { readonly defs: readonly Definition[] }>
  readonly upper: LintScope | null
}

/** Where a name comes from. */
export interface Definition {
  /** "ImportBinding", "Parameter", "Variable" … */
  readonly type: string
  readonly node: SyntaxNode
  readonly parent?: SyntaxNode | null
}

/** Tells the linter about a place. */
export function report(
  context: RuleContext,
  node: SyntaxNode,
  messageId: string,
  data: Record<string, string> = {},
): void {
  context.report({ node: node as never, messageId, data })
}

/**
 * Whether one of the nodes in `root`, itself included, is what `test` looks for; the nodes for which
 * `skip` holds are not entered.
 */
export function contains(
  { sourceCode }: RuleContext,
  root: SyntaxNode,
  test: (node: SyntaxNode) => boolean,
  skip: (node: SyntaxNode) => boolean = () => false,
): boolean {
  const visit = (node: SyntaxNode): boolean => {
    if (skip(node)) return false
    return test(node) || childrenOf(node, sourceCode.visitorKeys[node.type] ?? []).some(visit)
  }
  return visit(root)
}

function childrenOf(node: SyntaxNode, keys: readonly string[]): SyntaxNode[] {
  const fields = node as unknown as Readonly<Record<string, SyntaxNode | (SyntaxNode | null)[] | null>>
  return keys.flatMap((key) => fields[key] ?? []).filter((child) => child !== null)
}
