// What goes wrong, who watches, and the count.
//
// A fault is played on the virtual clock inside a task of its own. Whatever it does, the play must come to its end,
// leave nothing alive, and make no rejection that nobody handles; an error that was thrown must have reached its
// awaiter, a group or the handler of the run, as the very value that was thrown.
import { types } from "node:util"
import { expect } from "vitest"
import type { Problem } from "../../src/index.ts"
import { TaskGroupError, createTask, isCancelled, joinOnly, sleep, timeout } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { thenable } from "../core/outcomes.ts"

/** Milliseconds after which a play is stuck. */
const stuckAfter = 1e300

/** Faults that were played in this file. */
export const injected = { count: 0 }

/** Plays `program` in a task; gives what reached anybody. */
export async function playFault(program: () => unknown, cancelAt: number | null = null): Promise<Seen> {
  injected.count += 1
  const seen: Seen = { values: [], errors: [], problems: [] }
  const onProblem = (problem: Problem): void => {
    seen.problems.push(problem)
    seen.errors.push(problem.error)
  }
  await runVirtual(
    () =>
      timeout(stuckAfter, async () => {
        const task = createTask(program)
        if (cancelAt !== null) {
          if (cancelAt > 0) await sleep(cancelAt)
          task.cancel("stop")
        }
        try {
          seen.values.push(await joinOnly(task))
        } catch (error) {
          seen.errors.push(error)
        }
      }),
    { onProblem, patience: 50 },
  )
  return seen
}

/** What a play gave, threw and reported. */
export interface Seen {
  readonly values: unknown[]
  readonly errors: unknown[]
  readonly problems: Problem[]
}

/** Whether `thrown` is among what was seen, at any depth of groups, or in an error that was made around a class. */
export function hasSeen(seen: Seen, thrown: unknown): boolean {
  return seen.errors.some((error) => holds(error, thrown))
}

/** Whether `thrown` is in `error`. */
export function holds(error: unknown, thrown: unknown): boolean {
  if (Object.is(error, thrown)) return true
  if (types.isProxy(error)) return false
  if (error instanceof TaskGroupError) return error.errors.some((one) => holds(one, thrown))
  if (typeof thrown !== "function" || !(error instanceof Error)) return false
  // Not read: it may be a getter that throws.
  return Object.getOwnPropertyDescriptor(error, "cause")?.value === thrown
}

/** Rejections that nobody handled, warnings and exceptions of the process while `fn` ran. */
export async function noise(fn: () => Promise<void>): Promise<unknown[]> {
  const heard: unknown[] = []
  const hear = (what: unknown): void => void heard.push(what)
  const events = ["unhandledRejection", "warning", "rejectionHandled"] as const
  for (const event of events) process.on(event, hear)
  try {
    await fn()
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    for (const event of events) process.off(event, hear)
  }
  return heard
}

/** Asserts and tells how many faults were injected. */
export function expectCount(least: number): void {
  expect(injected.count).toBeGreaterThanOrEqual(least)
  process.stdout.write(`faults injected: ${injected.count}\n`)
}

function fails(): never {
  throw new Error("do not look")
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function unreadable(): Error {
  const error = new Error("hidden")
  for (const key of ["stack", "message", "name", "cause"]) Object.defineProperty(error, key, { get: fails })
  return error
}

function cyclic(): Error {
  const error = new Error("cyclic")
  error.cause = error
  return error
}

/** Values that are thrown, each made anew; by name. */
export const oddValues: Readonly<Record<string, () => unknown>> = {
  "an error": () => new Error("E"),
  "a frozen error": () => Object.freeze(new Error("E")),
  "an error that is its own cause": cyclic,
  "an unreadable error": unreadable,
  "an AbortError": () => new DOMException("gone", "AbortError"),
  "an AggregateError": () => new AggregateError([new Error("a"), null], "several"),
  "a TaskGroupError": () => new TaskGroupError([new Error("a")]),
  undefined: () => undefined,
  null: () => null,
  "an empty text": () => "",
  "a text": () => "text",
  zero: () => 0,
  NaN: () => NaN,
  "a bigint": () => 1n,
  "a symbol": () => Symbol("s"),
  false: () => false,
  "a function": () => () => "called",
  "a class": () => class Oops extends Error {},
  "a frozen object": () => Object.freeze({ a: 1 }),
  "an object without a prototype": () => Object.create(null) as unknown,
  "an object whose toString throws": () => ({ toString: fails }),
  "an object whose getters throw": () =>
    ["message", "name", ["th", "en"].join("")].reduce(
      (object, key) => Object.defineProperty(object, key, { get: fails }),
      {},
    ),
  "a revoked proxy": revoked,
  "a thenable": () => thenable((resolve) => resolve("melted")),
  "a rejected promise": () => {
    const promise = Promise.reject(new Error("inner"))
    promise.catch(() => {})
    return promise
  },
}

/** Ways to throw a value out of a callback. */
export const throwing: Readonly<Record<string, (value: unknown) => unknown>> = {
  "throws at once": (value) => {
    throw value
  },
  "gives a rejected promise": (value) => Promise.reject(value),
  "throws after a wait": async (value) => {
    await sleep(2)
    throw value
  },
  "throws after a foreign await": async (value) => {
    await new Promise((resolve) => setImmediate(resolve))
    throw value
  },
  "throws from its finally": async (value) => {
    try {
      await sleep(2)
    } finally {
      await sleep(1)
      await Promise.reject(value)
    }
  },
  "gives a thenable that rejects": (value) => speaking((_resolve, reject) => reject(value)),
  "gives a thenable that throws in then": (value) =>
    speaking(() => {
      throw value
    }),
  "gives a thenable that rejects, then resolves and throws": (value) =>
    speaking((resolve, reject) => {
      reject(value)
      resolve("too late")
      throw new Error("too late")
    }),
}

/** Callbacks that come to "first", by words that should not be believed twice. */
export const doubling: Readonly<Record<string, () => unknown>> = {
  "resolves twice": () =>
    speaking((resolve) => {
      resolve("first")
      resolve("second")
    }),
  "resolves, then rejects": () =>
    speaking((resolve, reject) => {
      resolve("first")
      reject(new Error("second"))
    }),
  "resolves, then throws": () =>
    speaking((resolve) => {
      resolve("first")
      throw new Error("second")
    }),
  "resolves later, twice": () =>
    speaking((resolve) => {
      setImmediate(() => {
        resolve("first")
        resolve("second")
      })
    }),
  "resolves with a thenable": () => speaking((resolve) => resolve(speaking((done) => done("first")))),
}

type Speech = (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void

/** A thenable that says what `speech` says. */
export function speaking(speech: Speech): PromiseLike<unknown> {
  return thenable(speech as (resolve: (value: unknown) => void) => void)
}

/** Whether what was seen is the end of a task that was cancelled. */
export function endedCancelled(seen: Seen): boolean {
  return seen.errors.some(isCancelled)
}
