// Cancels a small program at every one of its waits, in every way there is, and counts what it leaves behind.
//
// A scenario sets the stage: a victim that uses one public function, others who use the same thing, and an account
// to be settled afterwards. It is played once undisturbed, which counts its waits; then once for each wait and each
// way of cancelling. Every play runs on the virtual clock, which fails it for a task, a timer, a turn or a problem
// that is left.
import { getEventListeners } from "node:events"
import { expect } from "vitest"

import {
  TimeoutError,
  cancelScope,
  createTask,
  isCancelled,
  joinOnly,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import type { CancelScope, Task, TaskGroup, WaitOptions } from "../../src/index.ts"
import type { Wait } from "../../src/core/lowlevel.ts"
import { addInstrument, schedule } from "../../src/core/lowlevel.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** What happens in one play of a scenario. */
export interface Stage {
  /** The program that is cancelled; hands `limits` to what it waits by. */
  readonly victim: (limits: WaitOptions) => unknown
  /** Others, started in order before the victim; they must come to their end, whatever becomes of it. */
  readonly before?: readonly (() => unknown)[]
  /** Others, started after the victim. */
  readonly beside?: readonly (() => unknown)[]
  /** The account: asserts that nothing was lost, once all have ended. */
  readonly after?: (end: End) => unknown
}

/** A small program around one or a few public functions. */
export interface Scenario {
  readonly title: string
  /** Public names that it waits by. */
  readonly names: readonly string[]
  /** What the victim throws or gives when the `signal` it was handed aborts; absent if it takes none. */
  readonly onSignal?: "reason" | "cancelled" | "undefined"
  /** The ways that are tried, beside its `signal`, where a play is dear. @default all */
  readonly ways?: readonly Way[]
  readonly stage: (world: World) => Stage
}

/** How the victim ended. */
export interface End {
  readonly outcome: "value" | "cancelled" | "error"
  readonly value: unknown
}

/** Who is asked to end: the victim, a block around it, its group, the task that awaits it, or its own `signal`. */
export type Way = "task" | "scope" | "group" | "awaiter" | "signal"

/** When it is asked: once the k-th wait has parked, a turn later, or after the k-th wake-up and before its turn. */
export interface Moment {
  readonly at: "parked" | "turn" | "served"
  readonly index: number
}

/** One disturbance, and perhaps a second one while the victim cleans up. */
export interface Plan {
  readonly way: Way
  readonly first?: Moment
  /** Waits after the first request until the second is made. */
  readonly second?: number
  /** Limit around the victim, in milliseconds. */
  readonly limit?: number
}

/** What a play came to. */
export interface Played extends End {
  readonly parks: number
  readonly wakes: number
  /** Waits that were parked after the first request. */
  readonly parksAfter: number
  /** Whether the request found the victim alive. */
  readonly wasAsked: boolean
  readonly elapsed: number
}

/** How much more than in a normal run is tried; 1 unless TSYNCIO_PROOF_FACTOR says more. */
export const proofScale: number = Math.max(1, Number(process.env["TSYNCIO_PROOF_FACTOR"] ?? 1))

/** Milliseconds after which a play is stuck: something that was to be handed on is lost. */
const stuckAfter = 100_000

/** The account of one play. */
export class World {
  #entered = 0
  #left = 0
  readonly #signals: AbortSignal[] = []

  /** Runs `fn` with a finalizer that waits twice; each must run exactly once. */
  async finalizing<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    this.#entered += 1
    let runs = 0
    try {
      return await fn()
    } finally {
      runs += 1
      if (runs === 1) this.#left += 1
      await sleep(1)
      await sleep(0)
    }
  }

  /** A signal that must have no listener left in the end. */
  watched(signal: AbortSignal): AbortSignal {
    this.#signals.push(signal)
    return signal
  }

  settle(): void {
    expect(this.#left).toBe(this.#entered)
    for (const signal of this.#signals) expect(getEventListeners(signal, "abort")).toHaveLength(0)
  }
}

/** Plays `scenario` once. */
export async function play(scenario: Scenario, plan: Plan): Promise<Played> {
  const counter = new Disturbance(plan)
  try {
    return await runVirtual(() => timeout(stuckAfter, () => perform(scenario, plan, counter)))
  } finally {
    counter.stop()
  }
}

async function perform(scenario: Scenario, plan: Plan, disturbance: Disturbance): Promise<Played> {
  const world = new World()
  const controller = new AbortController()
  const stage = scenario.stage(world)
  const limits = plan.way === "signal" ? { signal: world.watched(controller.signal) } : {}
  const before = (stage.before ?? []).map((fn) => createTask(fn))
  const start = now()
  const body = (): Promise<unknown> => world.finalizing(() => stage.victim(limits))
  const { victim, cancel } = hosted(plan, body)
  disturbance.begin(() => {
    if (plan.way !== "signal") return cancel()
    if (victim.done() || controller.signal.aborted) return false
    controller.abort(stop)
    return true
  })
  const beside = (stage.beside ?? []).map((fn) => createTask(fn))
  await joinOnly(victim).catch(() => {})
  const { parks, wakes, parksAfter, wasAsked } = disturbance
  disturbance.stop()
  const end = endOf(victim)
  const elapsed = now() - start
  for (const other of [...before, ...beside]) await joinOnly(other)
  await stage.after?.(end)
  world.settle()
  return { ...end, parks, wakes, parksAfter, wasAsked, elapsed }
}

/** The task whose end counts, and how it is asked to end. */
function hosted(plan: Plan, body: () => Promise<unknown>): { victim: Task<unknown>; cancel: () => boolean } {
  if (plan.limit !== undefined) {
    const { limit } = plan
    return { victim: createTask(() => timeout(limit, body)), cancel: () => false }
  }
  if (plan.way === "scope" || plan.way === "group") {
    let handle: { cancel(reason: string): unknown } | null = null
    const victim = createTask(() => {
      const scoped = (scope: CancelScope): Promise<unknown> => {
        handle = scope
        return body()
      }
      const grouped = async (group: TaskGroup): Promise<unknown> => {
        handle = group
        return await group.createTask(body)
      }
      return plan.way === "scope" ? cancelScope(scoped) : taskGroup(grouped)
    })
    return { victim, cancel: () => !victim.done() && handle !== null && handle.cancel("stop") !== false }
  }
  const inner = createTask(body)
  const victim = plan.way === "awaiter" ? createTask(async () => await inner, { eager: true }) : inner
  return { victim, cancel: () => victim.cancel("stop") }
}

/** What a signal is aborted with. */
export const stop: Error = new Error("stop")

function endOf(victim: Task<unknown>): End {
  try {
    return { outcome: "value", value: victim.result() }
  } catch (error) {
    return { outcome: isCancelled(error) ? "cancelled" : "error", value: error }
  }
}

/** Counts waits and wake-ups, and asks at the planned moment. */
class Disturbance {
  readonly #plan: Plan
  parks = 0
  wakes = 0
  parksAfter = 0
  wasAsked = false
  #hasAsked = false
  #ask: (() => boolean) | null = null
  #unwatch: (() => void) | null = null

  constructor(plan: Plan) {
    this.#plan = plan
  }

  begin(ask: () => boolean): void {
    this.#ask = ask
    this.#unwatch = addInstrument({ waitParked: (wait) => this.#parked(wait as Wait) })
    if (this.#plan.first?.index === -1) this.#askNow()
  }

  stop(): void {
    this.#unwatch?.()
    this.#unwatch = null
    this.#ask = null
  }

  // Inside a hook nothing may be done: the request is made when the step has parked, or on a turn.
  #parked(wait: Wait): void {
    const { first, second } = this.#plan
    if (this.#hasAsked) {
      if (this.parksAfter === second) queueMicrotask(() => this.#askAgain())
      this.parksAfter += 1
    }
    if (first?.index === this.parks && first.at === "parked") queueMicrotask(() => this.#askNow())
    if (first?.index === this.parks && first.at === "turn") schedule({ runEntry: () => this.#askNow() })
    this.parks += 1
    if (wait.state === "parked") this.#watchWakes(wait)
    else this.#woken(wait)
  }

  // An entry that stands just before that of the wait: it runs after the wake-up, before the wait goes on.
  #watchWakes(wait: Wait): void {
    const { wake, fail } = wait
    wait.wake = (value) => {
      if (wait.state === "parked") this.#woken(wait)
      wake.call(wait, value)
    }
    wait.fail = (error) => {
      if (wait.state === "parked") this.#woken(wait)
      fail.call(wait, error)
    }
  }

  #woken(wait: Wait): void {
    const { first } = this.#plan
    if (this.#ask !== null && first?.at === "served" && first.index === this.wakes) {
      if (wait.state === "parked") schedule({ runEntry: () => this.#askNow() })
      else queueMicrotask(() => this.#askNow())
    }
    this.wakes += 1
  }

  #askNow(): void {
    if (this.#hasAsked) return
    this.#hasAsked = true
    this.#askAgain()
  }

  #askAgain(): void {
    if (this.#ask?.() === true) this.wasAsked = true
  }
}

/** Plays `scenario` undisturbed, then disturbed in every way; gives the number of plays. */
export async function cancelEverywhere(scenario: Scenario): Promise<number> {
  const calm = await told(scenario, { way: "task" })
  let plays = 1
  const check = async (plan: Plan): Promise<Played> => {
    plays += 1
    const played = await told(scenario, plan)
    expectEnd(scenario, plan, played, calm)
    return played
  }
  expect(calm.outcome, `${scenario.title}: undisturbed it gives a value`).toBe("value")
  const ways: Way[] = [
    ...(scenario.ways ?? (["task", "scope", "group", "awaiter"] as const)),
    ...(scenario.onSignal === undefined ? [] : (["signal"] as const)),
  ]
  for (const way of ways) {
    await check({ way, first: { at: "parked", index: -1 } })
    for (const at of ["parked", "turn", "served"] as const) {
      for (let index = 0; index < (at === "served" ? calm.wakes : calm.parks); index += 1) {
        const first: Moment = { at, index }
        const { parksAfter } = await check({ way, first })
        if (way === "signal" || (proofScale === 1 && (way === "group" || way === "awaiter"))) continue
        for (let second = 0; second < parksAfter; second += 1) await check({ way, first, second })
      }
    }
  }
  const times = new Set([0, 1, calm.elapsed - 1, calm.elapsed, calm.elapsed + 1].filter((ms) => ms >= 0))
  for (const limit of times) await check({ way: "task", limit })
  return plays
}

async function told(scenario: Scenario, plan: Plan): Promise<Played> {
  try {
    return await play(scenario, plan)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`${scenario.title}, ${JSON.stringify(plan)}: ${message}`, { cause: error })
  }
}

function expectEnd(scenario: Scenario, plan: Plan, played: Played, calm: Played): void {
  const text = `${scenario.title}, ${JSON.stringify(plan)}`
  const { outcome, value } = played
  if (outcome === "value" && !played.wasAsked) expect(value, text).toEqual(calm.value)
  else if (plan.limit !== undefined) expectLimit(text, plan.limit, played, calm)
  else if (plan.way === "task" || plan.way === "awaiter") expect(outcome, text).toBe("cancelled")
  else if (plan.way === "scope" || plan.way === "group")
    expect([undefined, calm.value], `${text}: ${outcome}`).toContainEqual(value)
  else if (outcome === "value" && scenario.onSignal !== "undefined") expect(value, text).toEqual(calm.value)
  else if (scenario.onSignal === "cancelled") expect(outcome, text).toBe("cancelled")
  else if (scenario.onSignal === "undefined") expect([undefined, calm.value], text).toContainEqual(value)
  else expect(value, text).toBe(stop)
}

function expectLimit(text: string, limit: number, { outcome, value }: Played, calm: Played): void {
  if (outcome === "value") expect(value, text).toEqual(calm.value)
  else expect(value, text).toBeInstanceOf(TimeoutError)
  if (limit < calm.elapsed) expect(outcome, text).toBe("error")
  if (limit > calm.elapsed) expect(outcome, text).toBe("value")
}
