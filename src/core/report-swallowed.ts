// A body that was told to end and went on to a value (E3), told in debug mode.
//
// In JavaScript `catch` takes everything, so this is the commonest mistake with cancelling: the
// report names the await that was told. It is no error of the runtime's, hence debug mode only.
import { placeOf } from "../base/frames.ts"
import { reportProblem } from "./report.ts"
import type { Scope } from "./scope.ts"
import type { Wait } from "./wait.ts"

/** Tells about the task of `unit`, called `name`. */
export function reportSwallowed(unit: Scope, name: string): void {
  const location = placeOf((unit.told as Wait).place)
  const message = `${name} swallowed a CancelledError and went on to a value; let it pass, or call \`uncancel()\``
  reportProblem(unit, { message, ...(location === undefined ? {} : { location }) })
}
