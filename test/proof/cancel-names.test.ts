// No public name that waits is without a scenario that cancels it, and each scenario does wait by the names it gives.
import { expect, it } from "vitest"
import * as tsyncio from "../../src/index.ts"
import { cancelInCombine } from "./cancel-in-combine.ts"
import { cancelInCore } from "./cancel-in-core.ts"
import { cancelInRuns } from "./cancel-in-runs.ts"
import { cancelInSync } from "./cancel-in-sync.ts"
import { cancelInTime } from "./cancel-in-time.ts"
import { play } from "./cancel-rig.ts"
import { waitingNames } from "./waiting-names.ts"

const scenarios = [...cancelInCore, ...cancelInTime, ...cancelInSync, ...cancelInCombine]

/** Names that give a task which is there already, and wait for nothing. */
const notWaiting = new Set(["currentTask"])

it("every public function and method that waits has a scenario, and every scenario a name", () => {
  const covered = new Set([...scenarios, ...cancelInRuns].flatMap(({ names }) => names))
  const names = waitingNames()
  expect(names.length).toBeGreaterThan(80)
  expect(names.filter((name) => !covered.has(name) && !notWaiting.has(name))).toEqual([])
  expect([...covered].filter((name) => !names.includes(name))).toEqual([])
})

it("every scenario calls the methods it is about, and names the functions", async () => {
  const missing: string[] = []
  for (const scenario of scenarios) {
    for (const name of scenario.names) {
      const spy = spyOn(name)
      await play(scenario, { way: "task" })
      const [word = ""] = name.split(".")
      const isNamed = String(scenario.stage).toLowerCase().includes(word.toLowerCase()) || computed.has(name)
      if (spy === null ? !isNamed : spy.stop() === 0) missing.push(`${scenario.title}: ${name}`)
    }
  }
  expect(missing).toEqual([])
})

/** Functions that a scenario is given by a table, and what has no class to be watched at. */
const computed = new Set([
  "timeout",
  "moveOnAfter",
  "createTask",
  "ensureFuture",
  "Executor.submit",
  "Executor.shutdown",
])

/** Counts the calls of `Class.method` on things of that class; null for what is no method of a class. */
function spyOn(name: string): { stop(): number } | null {
  const [className = "", ...rest] = name.split(".")
  const method = rest.join(".")
  const owner = (tsyncio as Record<string, unknown>)[className]
  const key = method === "[Symbol.asyncIterator]" ? Symbol.asyncIterator : method
  const named = method === "[Symbol.asyncDispose]" ? Symbol.asyncDispose : key
  if (typeof owner !== "function" || method === "") return null
  let holder = owner.prototype as object
  while (!Object.hasOwn(holder, named)) holder = Object.getPrototypeOf(holder) as object
  const descriptor = Object.getOwnPropertyDescriptor(holder, named) as PropertyDescriptor
  let calls = 0
  const count = (thing: unknown): void => void (thing instanceof owner && (calls += 1))
  const { get, value } = descriptor as { get?: () => unknown; value?: (...args: unknown[]) => unknown }
  const watched =
    get === undefined
      ? {
          value(this: unknown, ...args: unknown[]): unknown {
            count(this)
            return value?.apply(this, args)
          },
        }
      : {
          get(this: unknown): unknown {
            count(this)
            return get.call(this)
          },
        }
  Object.defineProperty(holder, named, { ...watched, configurable: true })
  return {
    stop: () => {
      Object.defineProperty(holder, named, descriptor)
      return calls
    },
  }
}
