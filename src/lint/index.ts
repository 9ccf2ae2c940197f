/**
 * Rules for linters that load ESLint plugins, oxlint and ESLint, about mistakes that tasks bring with them.
 *
 * Read plugin, then the rules: no-floating-task, no-promise-as-work, no-swallowed-cancel; below them rule,
 * syntax-node, ours. Nothing here runs in a program, and no other room is loaded.
 *
 * @module
 */
export { noFloatingTask } from "./no-floating-task.ts"
export { noPromiseAsWork } from "./no-promise-as-work.ts"
export { noSwallowedCancel } from "./no-swallowed-cancel.ts"
export type { LintPlugin } from "./plugin.ts"
export { plugin } from "./plugin.ts"
export { plugin as default } from "./plugin.ts"
export type { LintRule, ReportedProblem, RuleContext, RuleMeta, SourceCode } from "./rule.ts"
export type { Definition, LintScope } from "./rule.ts"
export type { SyntaxNode } from "./syntax-node.ts"
