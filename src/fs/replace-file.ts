// A file that is replaced as a whole, or not at all.
//
// The new content goes into a file beside it, which then takes its name: whoever reads sees the old or the
// new, never a half. The way there:
//
//   target is        | what is done
//   not there        | written beside, renamed
//   a file           | the same; the new one gets its mode, and its owner where that is allowed
//   a symbolic link  | what it leads to is replaced, the link stays; also if that is not there yet
//   a device, a FIFO | written in place: a rename would put a file where the device was
//
// What must stay true: on every way out but the good one the file beside is removed; the signal is looked at
// until the rename and not after it.
import type { Stats } from "node:fs"
import type { FileHandle } from "node:fs/promises"
import { lstat, open, readlink, realpath, rename, stat, unlink } from "node:fs/promises"
import { basename, dirname, join, resolve } from "node:path"
import { clock } from "../core/lowlevel.ts"

/** How a file is written; checked already. */
export interface WritePlan {
  readonly data: Uint8Array | string
  /** Whether the old file stays whole until the new one is. */
  readonly isAtomic: boolean
  /** Whether it is on the disk, and not only on its way there, when the promise resolves. */
  readonly isSynced: boolean
  /** Permissions of a file that is new, before the umask. */
  readonly mode: number
}

/** Writes a file in whichever way its place calls for. */
export async function replaceFile(path: string, plan: WritePlan, signal: AbortSignal): Promise<void> {
  const { target, old } = await look(path)
  signal.throwIfAborted()
  if (!plan.isAtomic || (old !== null && !old.isFile())) await writeInPlace(target, plan, signal)
  else await writeBeside(target, old, plan, signal)
}

async function writeInPlace(target: string, plan: WritePlan, signal: AbortSignal): Promise<void> {
  const file = await open(target, "w", plan.mode)
  try {
    await file.writeFile(plan.data, { signal })
    if (plan.isSynced) await file.sync()
  } finally {
    await file.close()
  }
}

async function writeBeside(
  target: string,
  old: Stats | null,
  plan: WritePlan,
  signal: AbortSignal,
): Promise<void> {
  const beside = await openBeside(target, old === null ? plan.mode : old.mode & 0o777)
  try {
    try {
      await beside.file.writeFile(plan.data, { signal })
      if (old !== null) await makeLike(beside.file, old)
      if (plan.isSynced) await beside.file.sync()
    } finally {
      await beside.file.close()
    }
    signal.throwIfAborted()
    await rename(beside.path, target)
  } catch (error) {
    await unlink(beside.path).catch(ignore)
    throw error
  }
  if (plan.isSynced) await syncDirectory(dirname(target))
}

/** What a path leads to: the place where a file is to stand, and what stands there. */
async function look(path: string): Promise<{ target: string; old: Stats | null }> {
  const there = await ifThere(lstat(path))
  if (there === null || !there.isSymbolicLink()) return { target: path, old: there }
  const target = await endOfLinks(path)
  return { target, old: await ifThere(stat(target)) }
}

/** The path behind symbolic links, of which the last may lead to nothing. */
async function endOfLinks(path: string): Promise<string> {
  const real = await ifThere(realpath(path))
  if (real !== null) return real
  const there = await ifThere(lstat(path))
  if (there === null || !there.isSymbolicLink()) return path
  return await endOfLinks(resolve(dirname(path), await readlink(path)))
}

/** A new file in the directory of `target`, under a name that says what for. */
async function openBeside(target: string, mode: number): Promise<{ file: FileHandle; path: string }> {
  for (;;) {
    const word = clock.random().toString(36).slice(2, 10)
    const path = join(dirname(target), `.${basename(target).slice(0, 50)}.${word}.tmp`)
    try {
      return { file: await open(path, "wx", mode), path }
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error
    }
  }
}

// The owner first: a change of owner takes bits off the mode.
async function makeLike(file: FileHandle, old: Stats): Promise<void> {
  const { uid, gid, mode } = await file.stat()
  if (uid !== old.uid || gid !== old.gid) await file.chown(old.uid, old.gid).catch(ignore)
  if (mode !== old.mode) await file.chmod(old.mode & 0o7777)
}

/** After a rename, the new name is on the disk once its directory is. */
async function syncDirectory(path: string): Promise<void> {
  // Windows opens no directories; there the rename has to do.
  const directory = await open(path, "r").catch(() => null)
  try {
    await directory?.sync()
  } finally {
    await directory?.close()
  }
}

async function ifThere<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null
    throw error
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code
}

function ignore(): void {}
