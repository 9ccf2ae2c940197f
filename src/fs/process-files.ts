// A function over the files of a directory, so many at a time.
//
// `walk` finds, `map` bounds. What is here is the choice of files, and results that can be had in two ways:
// awaited, they are an array; iterated, they come as they are made, and a slow consumer holds up the disk.
// What must stay true: nothing begins before one of the two is asked for, and only one of them is.
import { misuse } from "../base/misuse.ts"
import { collect, map } from "../combine/index.ts"
import type { WaitOptions } from "../core/index.ts"
import { InvalidStateError, rethrowCancelled } from "../core/index.ts"
import { expectFunction } from "../core/lowlevel.ts"
import type { FilePath } from "./file-path.ts"
import { filePath } from "./file-path.ts"
import type { WalkEntry, WalkOptions } from "./walk.ts"
import { walk } from "./walk.ts"

/** Settings of {@link processFiles}. */
export interface ProcessFilesOptions
  extends WaitOptions, Pick<WalkOptions, "enter" | "followLinks" | "sorted"> {
  /** Files at a time. @default 10 */
  readonly concurrency?: number | undefined
  /** Which files. @default all */
  readonly filter?: ((file: WalkEntry) => boolean) | undefined
  /** Files in directories below it as well. @default false */
  readonly recursive?: boolean | undefined
  /** Give results in the order of the files, not of finishing. @default true */
  readonly ordered?: boolean | undefined
  /** Called with what `fn` threw, and the path; the file then has no result. @default the first error ends the whole */
  readonly onError?: ((error: unknown, path: string) => void) | undefined
}

/** What {@link processFiles} gives: await it for an array, or iterate over it. */
export interface FileResults<R> extends AsyncIterableIterator<R>, AsyncDisposable, PromiseLike<R[]> {}

/**
 * Calls `fn` with the path of each file of a directory, at most ten at a time.
 *
 * A counter with ten clerks and a folder of letters. Await it for all results, or iterate over it for a
 * folder whose results do not fit into memory. For work that is not one file each use {@link map} with
 * {@link walk}.
 *
 * **Cancellation.** A cancel, or leaving the loop, cancels the calls that run and waits for them; no file
 * is begun after that.
 * **Fairness.** Files are begun in the order of their names, those of a directory before those of the
 * directories in it; at most twice `concurrency` are taken ahead of what is consumed.
 * **Pitfall.** It begins when it is awaited or iterated over. The first error ends the whole: with
 * `onError` a file that fails is passed over.
 *
 * @param dir - A path, or a `file:` URL.
 * @param fn - Called with the path, which begins with `dir`, and the index of the file.
 * @param options.concurrency - Files at a time. @default 10
 * @param options.filter - Which files; gets what {@link walk} found. @default all
 * @param options.recursive - Files in directories below it as well. @default false
 * @param options.enter - Which directories to enter. @default all
 * @param options.followLinks - Enter directories that are symbolic links. @default false
 * @param options.sorted - By name; false, for a directory of millions, as the disk gives them. @default true
 * @param options.ordered - Give results in the order of the files. @default true
 * @param options.onError - Called with an error and the path of its file. @default the first ends the whole
 * @param options.signal - Ends the whole with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds for the whole. @default no limit
 * @returns The results, in the order of the files; for `await` or for `for await`, once.
 * @throws {FileError} If the directory cannot be read.
 * @throws {RangeError} If `concurrency` is no integer from 1 up.
 *
 * @example The longest of a folder
 * ```ts
 * await using folder = await temporaryDirectory()
 * for (const name of ["a", "bb", "ccc"]) await writeText(`${folder.path}/${name}`, name)
 * const lengths = await processFiles(folder.path, async (path) => (await readText(path)).length)
 * lengths // => [1, 2, 3]
 * ```
 */
export function processFiles<R>(
  dir: FilePath,
  fn: (path: string, index: number) => R | PromiseLike<R>,
  options: ProcessFilesOptions = {},
): FileResults<R> {
  expectFunction(fn)
  const { concurrency = 10, ordered, signal, timeout, filter, onError } = options
  for (const [name, given] of Object.entries({ filter, onError }))
    if (given !== undefined && typeof given !== "function") throw misuse(name, "a function", given, "never")
  const call = async ({ path }: WalkEntry, index: number): Promise<readonly R[]> => {
    try {
      return [await fn(path, index)]
    } catch (error) {
      rethrowCancelled(error)
      if (onError === undefined) throw error
      onError(error, path)
      return []
    }
  }
  const found = filesOf(filePath(dir, "dir"), options)
  return new Results(map(found, call, { concurrency, ordered, signal, timeout }))
}

function filesOf(dir: string, options: ProcessFilesOptions): AsyncGenerator<WalkEntry, void, void> {
  const { recursive = false, filter, enter, followLinks, sorted = true } = options
  const found = walk(dir, { maxDepth: recursive ? Infinity : 1, enter, followLinks, sorted })
  return chosen(found, filter ?? (() => true))
}

async function* chosen(
  found: AsyncIterable<WalkEntry>,
  filter: (file: WalkEntry) => boolean,
): AsyncGenerator<WalkEntry, void, void> {
  for await (const entry of found) if (entry.kind === "file" && filter(entry)) yield entry
}

class Results<R> implements FileResults<R> {
  /** One value for each file that has a result, none for one that has not. */
  readonly #made: AsyncIterableIterator<readonly R[]> & AsyncDisposable
  #all: Promise<R[]> | null = null
  #isIterated = false

  constructor(made: AsyncIterableIterator<readonly R[]> & AsyncDisposable) {
    this.#made = made
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<R>> {
    if (this.#all !== null) throw new InvalidStateError("Cannot iterate over results: they are awaited")
    this.#isIterated = true
    for (;;) {
      const step = await this.#made.next()
      if (step.done === true) return { done: true, value: undefined }
      if (step.value.length > 0) return { done: false, value: step.value[0] as R }
    }
  }

  async return(): Promise<IteratorResult<R>> {
    await this.#made[Symbol.asyncDispose]()
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  then<A = R[], B = never>(
    onFulfilled?: ((results: R[]) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#all ??= this.#collect()
    return this.#all.then(onFulfilled, onRejected)
  }

  async #collect(): Promise<R[]> {
    if (this.#isIterated) throw new InvalidStateError("Cannot await results: they are iterated over")
    return (await collect.array(this.#made)).flat(1)
  }
}
