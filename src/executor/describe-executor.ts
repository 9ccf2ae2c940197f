// The state of an executor in one line, for texts.
//
// Kept beside the executors, since those with workers and the one without say the same; it must not need
// anything that costs, for it may be called for a report about an executor that hangs.
import type { ExecutorStatistics } from "./job-figures.ts"

/** Such as `<ThreadExecutor workers=2/4 busy=1 queued=0>`. */
export function describeExecutor(
  name: string,
  settings: { readonly maxWorkers: number },
  pool: { readonly isClosed: boolean; statistics(): ExecutorStatistics },
): string {
  const { workers, busy, queued } = pool.statistics()
  const end = pool.isClosed ? " closed" : ""
  return `<${name} workers=${workers}/${settings.maxWorkers} busy=${busy} queued=${queued}${end}>`
}
