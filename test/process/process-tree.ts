// What of a process and its descendants is alive, as the system tells.
import { readFileSync, readdirSync } from "node:fs"
import { setTimeout as pause } from "node:timers/promises"

/** Whether a process is there and no zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2))
  } catch {
    return false
  }
}

/** Children of this process that have ended and were not fetched. */
export function zombies(): string[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1")
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      return Number(parent) === process.pid && state === "Z" ? [name] : []
    } catch {
      return []
    }
  })
}

/** Waits, a second at most, until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  for (let i = 0; i < 1_000 && !isSo(); i += 1) await pause(2)
  if (!isSo()) throw new Error("It did not come to be so")
}

/** Children of this process that are there, alive or not fetched. */
export function childrenOfThis(): string[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1")
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === process.pid ? [name] : []
    } catch {
      return []
    }
  })
}
