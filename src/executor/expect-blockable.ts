// Where a thread may be blocked.
//
// Node lets the main thread sleep as well, but while a run is going on there its tasks, timers and sockets would stand
// still, those that could wake it among them. A worker is there to be blocked, in a run or not.
import { isMainThread } from "node:worker_threads"
import { InvalidStateError } from "../core/index.ts"
import { currentScope } from "../core/lowlevel.ts"

/**
 * Refuses to block the main thread under a run.
 *
 * @param what - What would block, such as `"acquire shared mutex"`.
 * @param instead - What to write in its place, such as `"await mutex.acquire()"`.
 */
export function expectBlockable(what: string, instead: string): void {
  if (!isMainThread || !currentScope().home.isRun) return
  throw new InvalidStateError(
    `Cannot ${what} by blocking: a run is going on in the main thread, and its tasks would stand still; use \`${instead}\``,
  )
}
