// The executor of whoever brings none: one for each loop, and one for code outside of every run.
//
// Importing this file tells the runtime how a loop makes its own; the run shuts that down at its end. As many
// threads as asyncio has, since what is handed in blocks as often as it computes; they start as they are
// needed, one for each job that finds none free. The one outside of every run lets its threads go when
// nobody has used them for a while, since nobody closes it.
import { availableParallelism } from "node:os"
import { runOutsideTasks, setExecutorMaker } from "../core/lowlevel.ts"
import { ThreadExecutor } from "./thread-executor.ts"

const most = Math.min(32, availableParallelism() + 4)

setExecutorMaker(() => new ThreadExecutor({ maxWorkers: most }))

let outside: ThreadExecutor | null = null

/** The executor of code outside of every run; made when it is first needed. */
export function defaultExecutorOutside(): ThreadExecutor {
  outside ??= runOutsideTasks(() => new ThreadExecutor({ maxWorkers: most, idle: 5000 }))
  return outside
}
