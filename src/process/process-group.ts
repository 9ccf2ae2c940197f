// A process and all that it has started: the process group that it leads.
//
// On POSIX a child that is started `detached` leads a session and a group of its own; a signal to the
// negative number reaches everything in it. Who has left the group (a daemon that began a session of its
// own) is out of reach. What must stay true: a group that was seen empty is never signalled again, for its
// number may belong to somebody else then. On Windows `taskkill /T` does what it can (not tried).
import { spawn } from "node:child_process"
import { readFileSync, readdirSync } from "node:fs"

/** Whether the system has process groups. */
export const hasGroups: boolean = process.platform !== "win32"

export class ProcessGroup {
  readonly #pid: number
  /** Whether the process leads a group of its own; else it is signalled alone. */
  readonly #isOwn: boolean
  #isGone = false

  constructor(pid: number, isOwn: boolean) {
    this.#pid = pid
    this.#isOwn = isOwn
  }

  /** Sends a signal to all that is in it; false if nothing is left. */
  send(signal: NodeJS.Signals): boolean {
    if (this.#isGone) return false
    if (!hasGroups && this.#isOwn) return this.#endTree()
    try {
      process.kill(this.#isOwn ? -this.#pid : this.#pid, signal)
      return true
    } catch (error) {
      // Something that has changed its user cannot be reached; what else is there got the signal.
      if (codeOf(error) === "EPERM") return true
      this.#isGone = true
      return false
    }
  }

  /** The leader has ended, and its number is free once nothing else is in the group. */
  leaderEnded(): void {
    if (!this.#isOwn || !hasGroups) this.#isGone = true
  }

  /** Whether something in it is alive. */
  isAlive(): boolean {
    if (this.#isGone || !this.#isOwn || !hasGroups) return false
    try {
      process.kill(-this.#pid, 0)
    } catch (error) {
      this.#isGone = codeOf(error) !== "EPERM"
      return !this.#isGone
    }
    // What has ended and is fetched by nobody, as in a container without an init, counts as there.
    if (process.platform === "linux" && !hasLiving(this.#pid)) this.#isGone = true
    return !this.#isGone
  }

  #endTree(): boolean {
    const killer = spawn("taskkill", ["/pid", String(this.#pid), "/t", "/f"], { stdio: "ignore" })
    killer.on("error", () => process.kill(this.#pid))
    return true
  }
}

/** Whether the group has a process that is no zombie, as `/proc` tells. */
function hasLiving(group: number): boolean {
  let pids: string[]
  try {
    pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  } catch {
    return true
  }
  return pids.some((pid) => {
    try {
      // pid (name) state parent group …; the name may hold spaces and brackets.
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1")
      const [state, , found] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
      return Number(found) === group && state !== "Z" && state !== "X"
    } catch {
      return false
    }
  })
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}
