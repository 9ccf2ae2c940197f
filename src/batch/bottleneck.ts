// What a run waits for: the one thing that would have to change for it to be faster.
//
// Looked at from the server back to the input. Lines that wait to be sent say it themselves: the first of the
// longest line knows which limit it stands before. If nobody waits to be sent, the answers are what is missing;
// without any request on its way, lines wait for their repetition or their record; and if there are no lines at
// all, the input is what is slow. Pure: states in, a name out.

import type { RateHold } from "../sync/index.ts"
import type { BudgetName } from "./limit-headers.ts"

/** What a run waits for at one moment. */
export type Bottleneck =
  /** The run ends and lets what is on its way finish. */
  | { readonly kind: "stopping"; readonly message: string }
  /** Nobody may be sent to this model for `left` ms. */
  | { readonly kind: "pause"; readonly model: string; readonly left: number; readonly cause: string }
  /** A limit per minute of this model. */
  | {
      readonly kind: "limit"
      readonly model: string
      readonly budget: BudgetName
      /** Per minute. */
      readonly limit: number
    }
  /** What requests on their way give back of the budget of the run. */
  | { readonly kind: "budget"; readonly requests: number }
  /** Answers: all places that the run has now are taken; `most` is how many it may have. */
  | { readonly kind: "concurrency"; readonly places: number; readonly most: number }
  /** Answers, and nothing else is left to send. */
  | { readonly kind: "server"; readonly inFlight: number }
  /** The back-off of requests that are repeated. */
  | { readonly kind: "retry"; readonly requests: number }
  /** The disk, or whoever reads the results. */
  | { readonly kind: "writing"; readonly records: number }
  /** The input. */
  | { readonly kind: "input" }

/** One limit of a model, and what was used of it in the last minute. */
export interface LimitUse {
  readonly model: string
  readonly budget: BudgetName
  /** Per minute. */
  readonly limit: number
  /** In the last minute, what is reserved for requests on their way included. */
  readonly used: number
}

/** One model, as its limiter sees it. */
export interface ModelFlow {
  readonly model: string
  /** Requests that wait to be sent. */
  readonly waiting: number
  readonly heldBy: RateHold | null
  /** Why the last pause was made; empty if there was none. */
  readonly pauseCause: string
  readonly limits: readonly LimitUse[]
}

/** Where the lines of a run are. */
export interface RunFlow {
  readonly stopping: string | null
  readonly models: readonly ModelFlow[]
  /** Requests that may be on their way at once, now and at most. */
  readonly places: { readonly now: number; readonly most: number }
  readonly inFlight: number
  /** Requests that wait for their next attempt. */
  readonly retrying: number
  /** Requests whose worst case does not fit the budget now. */
  readonly unbudgeted: number
  /** Lines that were answered and are not counted yet. */
  readonly writing: number
}

/** @param now - Time of the clock the holds are told in. */
export function bottleneckOf(flow: RunFlow, now: number): Bottleneck {
  const { stopping, models, places, inFlight, retrying, unbudgeted, writing } = flow
  if (stopping !== null) return { kind: "stopping", message: stopping }
  const first = models.reduce<ModelFlow | null>(longer, null)
  if (first !== null) {
    const held = heldModel(first, now)
    if (held !== null) return held
    if (first.heldBy?.kind === "concurrency")
      return { kind: "concurrency", places: places.now, most: places.most }
  }
  if (unbudgeted > 0) return { kind: "budget", requests: unbudgeted }
  if (writing > inFlight && writing > retrying) return { kind: "writing", records: writing }
  if (inFlight > 0) return { kind: "server", inFlight }
  return retrying > 0 ? { kind: "retry", requests: retrying } : { kind: "input" }
}

function longer(longest: ModelFlow | null, model: ModelFlow): ModelFlow | null {
  if (model.waiting === 0) return longest
  return longest === null || model.waiting > longest.waiting ? model : longest
}

/** Null if it waits for a place only, or for nothing any more. */
function heldModel({ model, heldBy, pauseCause, limits }: ModelFlow, now: number): Bottleneck | null {
  if (heldBy === null || heldBy.kind === "concurrency") return null
  if (heldBy.kind === "pause") {
    return { kind: "pause", model, left: Math.max(0, heldBy.until - now), cause: pauseCause }
  }
  const use = limits.find(({ budget }) => budget === heldBy.budget)
  return use === undefined ? null : { kind: "limit", model, budget: use.budget, limit: use.limit }
}
