// The clock that figures are taken by: on the wall, or of the processor.
//
// The processor's counts all threads of the process, so the collector's and the compiler's too, and
// leaves out what other programs on the machine take. It says nothing about waiting.
import { settings } from "./settings.js"

/** Milliseconds by the clock that was asked for. */
export function now(): number {
  if (settings.clock === "wall") return performance.now()
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
