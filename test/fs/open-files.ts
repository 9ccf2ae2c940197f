// Which files of a folder this process has open, as the system tells; none where it does not.
import { readdirSync, readlinkSync } from "node:fs"

/** Paths below `folder` that are open. */
export function openFiles(folder: string): string[] {
  if (process.platform !== "linux") return []
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`)
      return path.startsWith(folder) ? [path] : []
    } catch {
      return []
    }
  })
}
