// The works that somebody handed over in a list: each of them once, none started before all are good.
//
// `wait`, `asCompleted` and `race` take any iterable, also one that can be read only once, and know
// the type of each work's handle and value.
import { Future } from "../core/index.ts"
import type { Task, Work } from "../core/index.ts"
import { expectWork, spawnWork } from "../core/lowlevel.ts"

/** The handle of a work: a task or future is its own, a function is run by a task. */
export type HandleOf<W> = W extends Future<unknown> ? W : W extends () => infer R ? Task<Awaited<R>> : never

/** What a work gives. */
export type ValueOf<W> = W extends Work<infer T> ? Awaited<T> : never

/**
 * The works of `works` in order, duplicates once; refuses the whole list for one that is no work.
 *
 * @throws {TypeError} If it cannot be iterated, or one is a promise or something else.
 */
export function listWorks<W extends Work<unknown>>(works: Iterable<W>): W[] {
  const iterable = Object(works) as Partial<Iterable<W>>
  // A future can be iterated as well, by `yield*` in a coroutine.
  const isList = typeof iterable[Symbol.iterator] === "function" && !(works instanceof Future)
  if (!isList || typeof works === "string") {
    const got = works instanceof Future ? String(works) : typeof works
    throw new TypeError(`Expected \`works\` to be a list of functions, tasks or futures, got ${got}`)
  }
  const distinct = new Set(works)
  for (const work of distinct) void expectWork(work)
  return [...distinct]
}

/** Refuses an empty list, for those who would wait for ever. */
export function expectSome(list: readonly unknown[]): void {
  if (list.length === 0) throw new RangeError("Expected `works` to hold at least one work, got none")
}

/** Starts the functions among the works, in order. */
export function startWorks<W extends Work<unknown>>(list: readonly W[]): HandleOf<W>[] {
  return list.map((work) => spawnWork(work) as HandleOf<W>)
}
