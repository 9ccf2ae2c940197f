// The rule against handlers that take a cancel for a failure and go on.
//
// JavaScript's `catch` takes everything. A handler around a wait passes if it throws anything, into a
// generator too, looks whether the error is a cancel, hands it to `matchErrors`, which throws cancels
// again, or returns a rejection. Whether it does so on every path is not looked at: that needs to know
// what the code means. Calls of Node's own functions are no waits that a cancel could end.
import { importSource, modulesSchema, ourName } from "./ours.ts"
import type { LintRule, RuleContext } from "./rule.ts"
import { contains, report } from "./rule.ts"
import type { FunctionNode, NodeOf, SyntaxNode } from "./syntax-node.ts"
import { enclosingFunction, isFunction, isNode, memberName, unwrap } from "./syntax-node.ts"

/** Calling one of these, wherever it comes from, says that cancels were thought of. */
const checks = new Set(["isCancelled", "rethrowCancelled", "matchErrors"])

/**
 * Finds a `catch` around an `await` that swallows the error of a cancelled task.
 *
 * A doorman who sends the fire brigade away with the hawkers: the task was to end and goes on. Begin the
 * handler with `rethrowCancelled(error)`. Found are `catch` clauses around an `await`, `for await` or
 * `await using` of an async function, or a `yield` of a coroutine, and `await sleep(9).catch(() => …)`, on
 * a call of ours, whose handler does not even take the error.
 *
 * **Pitfall.** One `throw` in the handler is enough to be let through, even if a cancel does not reach it.
 */
export const noSwallowedCancel: LintRule = {
  meta: {
    type: "problem",
    docs: { description: "Disallow handlers around a wait that swallow a CancelledError" },
    schema: [{ type: "object", properties: { modules: modulesSchema }, additionalProperties: false }],
    messages: {
      swallowed:
        "The handler swallows the CancelledError of the waits in its `try`: begin it with `rethrowCancelled(error)`",
      ignored:
        "The handler swallows a CancelledError: take the error and begin with `rethrowCancelled(error)`",
    },
  },
  create(context) {
    return {
      CatchClause(node: NodeOf<"CatchClause">): void {
        const fn = enclosingFunction(node)
        if (fn === undefined || !isNode(node.parent, "TryStatement")) return
        const waits = waitTest(context, fn)
        if (waits === undefined || !contains(context, node.parent.block, waits, isFunction)) return
        if (!passesOn(context, node.body)) report(context, node, "swallowed")
      },
      AwaitExpression(node: NodeOf<"AwaitExpression">): void {
        const call = unwrap(node.argument)
        if (!isNode(call, "CallExpression") || memberName(call.callee) !== "catch") return
        const handler = call.arguments[0]
        if (!isFunction(handler) || handler.params.length > 0) return
        if (enclosingFunction(node) === undefined || ourName(context, rootCallee(call)) === undefined) return
        if (passesOn(context, handler.body) || isRejection(handler.body)) return
        report(context, handler, "ignored")
      },
    }
  },
}

/** What a wait looks like in the function; undefined if it cannot wait. */
function waitTest(context: RuleContext, fn: FunctionNode): ((node: SyntaxNode) => boolean) | undefined {
  if (fn.async) return (node) => isWait(context, node)
  return fn.generator && isCoroutine(context, fn) ? isYield : undefined
}

function isWait(context: RuleContext, node: SyntaxNode): boolean {
  if (isNode(node, "AwaitExpression")) return !isOfNode(context, rootCallee(node.argument))
  if (isNode(node, "ForOfStatement")) return node.await
  return isNode(node, "VariableDeclaration") && node.kind === "await using"
}

/** Whether `callee` was imported from Node, whose promises know nothing of cancels. */
function isOfNode(context: RuleContext, callee: SyntaxNode): boolean {
  return importSource(context, callee)?.startsWith("node:") === true
}

/** What is called first in a chain of calls: `stat` in `stat(path).catch(…)`, `a.b` in `a.b().c()`. */
function rootCallee(expression: SyntaxNode): SyntaxNode {
  const inner = unwrap(expression)
  if (!isNode(inner, "CallExpression")) return inner
  const callee = unwrap(inner.callee)
  if (!isNode(callee, "MemberExpression")) return callee
  const object = unwrap(callee.object)
  return isNode(object, "CallExpression") ? rootCallee(object) : callee
}

function isYield(node: SyntaxNode): boolean {
  return node.type === "YieldExpression"
}

/** Whether a generator is the body of a coroutine, or of both forms of a function, which waits in one. */
function isCoroutine(context: RuleContext, fn: FunctionNode): boolean {
  const { parent } = fn
  if (!isNode(parent, "CallExpression") || !parent.arguments.includes(fn)) return false
  const name = ourName(context, parent.callee)
  return name === "coroutine" || name === "dual"
}

/** Whether a handler thinks of cancels, or throws. */
function passesOn(context: RuleContext, body: SyntaxNode): boolean {
  const throws = (node: SyntaxNode): boolean => {
    if (node.type === "ThrowStatement") return true
    if (isNode(node, "CallExpression") && memberName(node.callee) === "throw") return true
    return isNode(node, "ReturnStatement") && node.argument !== null && isRejection(node.argument)
  }
  const asks = (node: SyntaxNode): boolean => {
    if (isNode(node, "Identifier")) return node.name === "CancelledError"
    if (!isNode(node, "CallExpression")) return false
    const callee = unwrap(node.callee)
    const name = isNode(callee, "Identifier") ? callee.name : memberName(callee)
    return checks.has(ourName(context, callee) ?? name ?? "")
  }
  return contains(context, body, throws, isFunction) || contains(context, body, asks)
}

/** Whether an expression is `Promise.reject(…)`, awaited or not. */
function isRejection(expression: SyntaxNode): boolean {
  const inner = unwrap(expression)
  if (isNode(inner, "AwaitExpression")) return isRejection(inner.argument)
  return isNode(inner, "CallExpression") && memberName(inner.callee) === "reject"
}
