// The rules as one thing that a linter loads.
//
// Linters take it from the default export of the door. The name is the one under which the rules are
// switched on: `tsyncio/no-floating-task`.
import { noFloatingTask } from "./no-floating-task.ts"
import { noPromiseAsWork } from "./no-promise-as-work.ts"
import { noSwallowedCancel } from "./no-swallowed-cancel.ts"
import type { LintRule } from "./rule.ts"

/** A plugin, as ESLint and oxlint know it. */
export interface LintPlugin {
  readonly meta: { readonly name: string }
  readonly rules: Record<"no-floating-task" | "no-promise-as-work" | "no-swallowed-cancel", LintRule>
}

/**
 * The plugin: three rules about tasks, none of them on by itself.
 *
 * A second reader who looks for three things only. Oxlint loads it by `"jsPlugins": ["tsyncio/lint"]`,
 * ESLint by `plugins: { tsyncio: plugin }`. It is also the door's default export, where linters look.
 */
export const plugin: LintPlugin = {
  meta: { name: "tsyncio" },
  rules: {
    "no-floating-task": noFloatingTask,
    "no-promise-as-work": noPromiseAsWork,
    "no-swallowed-cancel": noSwallowedCancel,
  },
}
