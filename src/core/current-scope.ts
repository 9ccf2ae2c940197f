// Whose step is running.
//
// The context's store is the scope; where there is none, the code runs outside every run and its
// scope is the ambient one, which never ends and which nobody cancels (L6). The same holds for the
// tasks that are started from what a run that is over has left behind, such as a timer.
import { currentStore } from "./context.ts"
import { ambientHome } from "./home.ts"
import { Scope } from "./scope.ts"

const ambientScope: Scope = new Scope(null, ambientHome, { describe: () => "code outside a run" }, "unit")

/** The scope of whoever is running: a task's, a block's, or the one outside every run. */
export function currentScope(): Scope {
  return (currentStore() as Scope | undefined) ?? ambientScope
}

/** The top of the run that `scope` belongs to; the ambient scope once that run is over. */
export function topOf(scope: Scope): Scope {
  let top = scope
  while (top.parent !== null) top = top.parent
  return top.state === "open" ? top : ambientScope
}
