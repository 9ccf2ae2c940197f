// The rule against promises where work is expected.
//
// asyncio's `gather(a(), b())` is the habit it is about: here a call hands over a promise that runs
// already. Only what is written as a call at that very place is told, for a name may well hold a
// function or a task. Calls that give work are left alone: those of ours, those of functions in the same
// file that give a function, and what the option `allow` adds.
import type { OursOptions } from "./ours.ts"
import { definitionOf, isGroup, modulesSchema, ourName } from "./ours.ts"
import type { Definition, LintRule, RuleContext } from "./rule.ts"
import { contains, report } from "./rule.ts"
import type { NodeOf, SyntaxNode } from "./syntax-node.ts"
import { isFunction, isNode, memberName, outcomesOf, unwrap } from "./syntax-node.ts"

interface Options extends OursOptions {
  /** Names of functions and methods of your own that give a function, a task or a future. @default [] */
  readonly allow?: readonly string[]
}

/** Where each name takes one work. */
const places = new Map([
  ["cancelScope", 0],
  ["createTask", 0],
  ["ensureFuture", 0],
  ["every", 1],
  ["moveOnAfter", 1],
  ["once", 0],
  ["retry", 0],
  ["run", 0],
  ["shield", 0],
  ["taskGroup", 0],
  ["timeout", 1],
  ["timeoutAt", 1],
  ["waitFor", 0],
])

/** Names that take a list of works in the first place. */
const listTakers = new Set(["asCompleted", "gather", "race", "staggeredRace", "wait"])

/** Names of ours that give a function, a task or a future. */
const givers = new Set(
  "bind coroutine createTask currentTask dual ensureFuture gather once shield toThread wrapFuture".split(" "),
)

/** Methods that do, whoever has them. */
const givingMethods = new Set("bind createFuture createTask makeTask runInExecutor submit".split(" "))

/**
 * Finds a call where work is expected: `gather([fetch(url)])`, `waitFor(queue.get(), 10)`.
 *
 * A dish that is cooked before it is ordered: what the call gives is a promise, which runs already and
 * cannot be cancelled. Hand over the function, `() => fetch(url)`.
 *
 * **Pitfall.** A function of another file that gives a function looks the same: name it in `allow`. A
 * promise that comes by a name is not found; the types find it.
 */
export const noPromiseAsWork: LintRule = {
  meta: {
    type: "problem",
    docs: { description: "Disallow promises where a function, a task or a future is expected" },
    schema: [
      {
        type: "object",
        properties: { modules: modulesSchema, allow: modulesSchema },
        additionalProperties: false,
      },
    ],
    messages: {
      promise: "`{{name}}` gets what a call gives, a promise that runs already: pass the function, `() => …`",
    },
  },
  create(context) {
    return {
      CallExpression(node: NodeOf<"CallExpression">): void {
        const name = takerName(context, node)
        if (name === undefined) return
        const works = listTakers.has(name)
          ? worksInList(node.arguments[0])
          : worksAt(node.arguments[places.get(name) ?? -1])
        for (const work of works) {
          if (isPromise(context, work)) report(context, work, "promise", { name })
        }
      },
    }
  },
}

/** The name of ours that is called; `createTask` for that method of a group. */
function takerName(context: RuleContext, { callee }: NodeOf<"CallExpression">): string | undefined {
  const name = ourName(context, callee)
  if (name !== undefined) return name
  const isChild = isNode(callee, "MemberExpression") && memberName(callee) === "createTask"
  return isChild && isGroup(context, callee.object) ? "createTask" : undefined
}

function worksAt(argument: SyntaxNode | undefined): SyntaxNode[] {
  return argument === undefined ? [] : outcomesOf(argument)
}

/** The works of a list that is written out, or made by `items.map((item) => …)`. */
function worksInList(list: SyntaxNode | undefined): SyntaxNode[] {
  if (list === undefined) return []
  const inner = unwrap(list)
  if (isNode(inner, "ArrayExpression")) {
    return inner.elements.flatMap((element) => {
      if (element === null) return []
      return isNode(element, "SpreadElement") ? worksInList(element.argument) : outcomesOf(element)
    })
  }
  if (!isNode(inner, "CallExpression") || memberName(inner.callee) !== "map") return []
  const fn = inner.arguments[0]
  if (!isFunction(fn)) return []
  if (fn.async) return [fn]
  return fn.body.type === "BlockStatement" ? [] : outcomesOf(fn.body).filter((work) => !isFunction(work))
}

function isPromise(context: RuleContext, work: SyntaxNode): boolean {
  if (work.type === "ImportExpression") return true
  // Of the functions only those are left that `map` calls, and that are async.
  if (isFunction(work)) return isMapper(work)
  if (isNode(work, "NewExpression")) {
    const { callee } = work
    return (
      isNode(callee, "Identifier") && callee.name === "Promise" && definitionOf(context, callee) === undefined
    )
  }
  return isNode(work, "CallExpression") && !givesWork(context, work)
}

function isMapper({ parent }: { readonly parent: SyntaxNode }): boolean {
  return isNode(parent, "CallExpression") && memberName(parent.callee) === "map"
}

function givesWork(context: RuleContext, { callee }: NodeOf<"CallExpression">): boolean {
  const { allow = [] } = (context.options[0] ?? {}) as Options
  const inner = unwrap(callee)
  const ours = ourName(context, inner)
  if (ours !== undefined && givers.has(ours)) return true
  if (isNode(inner, "Identifier") && givesFunction(context, definitionOf(context, inner))) return true
  const name = isNode(inner, "Identifier") ? inner.name : memberName(inner)
  if (name === undefined) return false
  return allow.includes(name) || (isNode(inner, "MemberExpression") && givingMethods.has(name))
}

/** Whether a function that stands in the same file gives a function. */
function givesFunction(context: RuleContext, definition: Definition | undefined): boolean {
  const node = definition?.node
  const fn = isNode(node, "VariableDeclarator") && node.init !== null ? unwrap(node.init) : node
  if (definition?.type === "Parameter" || !isFunction(fn) || fn.async) return false
  if (fn.body.type !== "BlockStatement") return outcomesOf(fn.body).some(isFunction)
  const returns = (inner: SyntaxNode): boolean =>
    isNode(inner, "ReturnStatement") && inner.argument !== null && outcomesOf(inner.argument).some(isFunction)
  return contains(context, fn.body, returns, isFunction)
}
