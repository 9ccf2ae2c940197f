// The path of a Unix socket: taken without pushing anybody aside, given back without pulling another's away.
//
// A server that listens on a path directly has it removed when it closes, by libuv, whoever owns it by
// then. So it listens on a name of its own in the same folder, which is linked to the path: a link fails
// if the path is there. A socket that is there and that nobody listens at was left by a server that was
// killed, and is replaced. What must stay true: a path is removed only while it is the very file that was
// linked.
import { linkSync, lstatSync, unlinkSync } from "node:fs"
import { connect } from "node:net"
import { basename, dirname, join } from "node:path"
import { Future } from "../core/index.ts"
import { clock, runOutsideTasks } from "../core/lowlevel.ts"

/** A path that a server listens at. */
export interface ClaimedPath {
  /** Removes the path, unless somebody else has it by now. */
  release(): void
}

/** The longest path that fits into an address of the system. */
const longestPath = 103

/**
 * Makes a server listen at `path`.
 *
 * @param listen - Listens at the path it is given.
 * @throws The system's error, with code EADDRINUSE if somebody listens there or the path is another thing.
 */
export async function claimPath(path: string, listen: (path: string) => Promise<void>): Promise<ClaimedPath> {
  const own = ownNameBeside(path)
  if (own === null) {
    await listen(path)
    return { release() {} }
  }
  await listen(own)
  try {
    await linkTo(own, path)
    const claimed = identityOf(path)
    return { release: () => removeIf(path, claimed) }
  } finally {
    remove(own)
  }
}

/** A name in the folder of `path`; null for what is no file: pipes of Windows, names of Linux without a file. */
function ownNameBeside(path: string): string | null {
  if (path.startsWith("\0") || path.startsWith("\\\\")) return null
  const mark = Math.floor(clock.random() * 0xff_ff_ff).toString(36)
  for (const name of [`.${basename(path)}.${mark}`, `.${mark}`]) {
    const own = join(dirname(path), name)
    if (Buffer.byteLength(own) <= longestPath) return own
  }
  return null
}

async function linkTo(own: string, path: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      linkSync(own, path)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error
    }
    const there = identityOf(path)
    if (attempt === 3 || (there !== null && !(await isLeftOver(path)))) throw inUse(path)
    removeIf(path, there)
  }
}

/** Whether `path` is a socket at which nobody listens. */
async function isLeftOver(path: string): Promise<boolean> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return false
  const answer = new Future<string>()
  const socket = runOutsideTasks(() => {
    const probe = connect({ path })
    probe.once("connect", () => void (answer.done() || answer.setResult("connected")))
    probe.on(
      "error",
      (error: NodeJS.ErrnoException) => void (answer.done() || answer.setResult(error.code ?? "")),
    )
    return probe
  })
  try {
    return (await answer) === "ECONNREFUSED"
  } finally {
    socket.destroy()
  }
}

function identityOf(path: string): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false })
  return found === undefined ? null : `${found.dev} ${found.ino}`
}

function removeIf(path: string, identity: string | null): void {
  if (identity !== null && identityOf(path) === identity) remove(path)
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
  }
}

function inUse(path: string): Error {
  const message = `Cannot listen at ${path}: somebody listens there, or it is no socket`
  return Object.assign(new Error(message), { code: "EADDRINUSE", path })
}
