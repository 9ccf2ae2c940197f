// What of the platform is open: sockets, servers, child processes, worker threads, files.
//
// Counted before a test and looked at again after it, since a test runner has some of its own. Sockets and
// processes are told by Node, worker threads by the event it gives for each, files by the system where it
// tells (Linux). What must stay true: a look costs well below a millisecond; what is about to close gets
// time to do so, and none is spent where nothing is left.
import { readdirSync, readlinkSync } from "node:fs"
import { misuse } from "../base/misuse.ts"
import { afterPoll, platformClock } from "../core/lowlevel.ts"

/** What was open at one moment; from {@link openResources}. */
export interface OpenResources {
  /** Open handles of the platform by kind, in the words of {@link findOpened}. */
  readonly handles: ReadonlyMap<string, number>
  /** Paths of open files other than code, by their number; empty where the system does not tell. */
  readonly files: ReadonlyMap<string, string>
}

/** Node's names, and what a reader knows them by. Timers are told by `findLeaks`. */
const words: Readonly<Record<string, string>> = {
  FSEventWrap: "file watcher",
  PipeServerWrap: "server on a path",
  PipeWrap: "pipe",
  ProcessWrap: "child process",
  StatWatcher: "file watcher",
  TCPServerWrap: "server",
  TCPSocketWrap: "socket",
  TLSWrap: "TLS socket",
  UDPWrap: "datagram socket",
}

/** Worker threads that are alive; Node lists those alone that keep the process. */
const workers = { count: 0, isWatched: false }

/** Milliseconds for which something that is closing is given time. */
const defaultPatience = 300

/** Milliseconds between two looks, from the first to the later ones: who is closing needs the processor too. */
const looks = { first: 1, most: 20 }

/**
 * What of the platform is open now, to be compared by {@link findOpened} after a test.
 *
 * The counterpart of {@link findLeaks}, which tells what of the runtime is alive. Worker threads are known
 * from the first call on.
 *
 * @example Around each test
 * ```ts no-run
 * let before = openResources()
 * const beforeTest = () => void (before = openResources())
 * const afterTest = async () => {
 *   const left = await findOpened(before)
 *   if (left.length > 0) throw new Error(left.join("; "))
 * }
 * ```
 */
export function openResources(): OpenResources {
  watchWorkers()
  const handles = new Map<string, number>()
  for (const name of process.getActiveResourcesInfo()) {
    const word = words[name]
    if (word !== undefined) handles.set(word, (handles.get(word) ?? 0) + 1)
  }
  if (workers.count > 0) handles.set("worker thread", workers.count)
  return { handles, files: openFiles() }
}

/**
 * What was opened since `before` and is open still, a sentence each; an empty list is what a test should end with.
 *
 * What is closing gets time to finish; none passes where nothing is left.
 *
 * **Cancellation.** Cannot be cancelled: it is to be called outside every run, for example in an `afterEach`.
 *
 * @param before - From {@link openResources}.
 * @param options.patience - Most milliseconds for what is closing; many of them suit a machine that others use. @default 300
 *
 * @example Nothing was left
 * ```ts no-run
 * const before = openResources()
 * await findOpened(before) // => []
 * ```
 */
export async function findOpened(
  before: OpenResources,
  options: { readonly patience?: number | undefined } = {},
): Promise<string[]> {
  const { patience = defaultPatience } = options
  if (typeof patience !== "number" || !(patience >= 0))
    throw misuse("patience", "milliseconds from 0 up", patience)
  let left = opened(before)
  const end = platformClock.now() + patience
  for (
    let look = 0;
    left.length > 0 && platformClock.now() < end;
    look = Math.min(look * 2 + looks.first, looks.most)
  ) {
    if (look === 0) await new Promise<void>(afterPoll)
    else await new Promise<void>((resolve) => platformClock.startTimer(look, resolve))
    left = opened(before)
  }
  return left
}

function opened(before: OpenResources): string[] {
  const now = openResources()
  const left: string[] = []
  for (const [word, count] of now.handles) {
    const more = count - (before.handles.get(word) ?? 0)
    if (more > 0) left.push(`${more} ${word}${more === 1 ? "" : "s"} more than before`)
  }
  for (const [number, path] of now.files)
    if (before.files.get(number) !== path) left.push(`the open file ${path}`)
  return left
}

function watchWorkers(): void {
  if (workers.isWatched) return
  workers.isWatched = true
  process.on("worker", (worker) => {
    workers.count += 1
    worker.once("exit", () => (workers.count -= 1))
  })
}

const descriptors = "/proc/self/fd"

/** Not counted: devices, and code. Node loses what a worker thread was loading when it was terminated. */
const uncounted = /^\/(?:dev|proc)\/|\/node_modules\/|\.[cm]?[jt]s$/

/** Files that are open, without the platform's own. */
function openFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const number of descriptorsOf()) {
    const path = pathOf(number)
    if (path.startsWith("/") && !uncounted.test(path)) files.set(number, path)
  }
  return files
}

function descriptorsOf(): readonly string[] {
  if (process.platform !== "linux") return []
  try {
    return readdirSync(descriptors)
  } catch {
    return []
  }
}

/** What is behind a number; nothing for the one by which the numbers were read. */
function pathOf(number: string): string {
  try {
    return readlinkSync(`${descriptors}/${number}`)
  } catch {
    return ""
  }
}
