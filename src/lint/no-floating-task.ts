// The rule against tasks that are started and let go of.
//
// It looks at syntax alone, so it works where no types are known: the call is a statement by itself.
// A group holds its children and tells of their failures, so `group.createTask(…)` is left alone.
import { modulesSchema, ourName } from "./ours.ts"
import type { LintRule, RuleContext } from "./rule.ts"
import { report } from "./rule.ts"
import type { NodeOf, SyntaxNode } from "./syntax-node.ts"
import { isNode, unwrap } from "./syntax-node.ts"

const starters = new Set(["createTask", "ensureFuture"])

/**
 * Finds `createTask(fn)` whose task nobody keeps: its failure reaches nobody who could handle it.
 *
 * A kite that is let go of. Keep the task, start it in a group, or write `void createTask(fn)` to say
 * that it is meant. For promises of all kinds there is `no-floating-promises` of the typed linters.
 *
 * **Pitfall.** A task that is stored and never looked at is not found.
 */
export const noFloatingTask: LintRule = {
  meta: {
    type: "problem",
    docs: { description: "Disallow tasks that are started and let go of" },
    schema: [{ type: "object", properties: { modules: modulesSchema }, additionalProperties: false }],
    messages: {
      floating:
        "The task is let go of: await it, keep it, start it in a task group, or write `void {{name}}(…)` if that is meant",
    },
  },
  create(context) {
    return {
      ExpressionStatement({ expression }: NodeOf<"ExpressionStatement">): void {
        for (const call of droppedIn(expression)) {
          const name = startedBy(context, call)
          if (name !== undefined) report(context, call, "floating", { name })
        }
      },
    }
  },
}

/** The expressions whose value a statement drops. */
function droppedIn(expression: SyntaxNode): SyntaxNode[] {
  const inner = unwrap(expression)
  if (isNode(inner, "ConditionalExpression")) {
    return [...droppedIn(inner.consequent), ...droppedIn(inner.alternate)]
  }
  if (isNode(inner, "LogicalExpression")) return droppedIn(inner.right)
  if (isNode(inner, "SequenceExpression")) return inner.expressions.flatMap(droppedIn)
  return [inner]
}

function startedBy(context: RuleContext, node: SyntaxNode): string | undefined {
  if (!isNode(node, "CallExpression")) return undefined
  const name = ourName(context, node.callee)
  return name !== undefined && starters.has(name) ? name : undefined
}
