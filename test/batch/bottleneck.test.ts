// What a run waits for: the first thing between the input and the server that would have to change.

import { describe, expect, it } from "vitest"
import { bottleneckOf, type ModelFlow, type RunFlow } from "../../src/batch/bottleneck.ts"

const model: ModelFlow = {
  model: "a",
  waiting: 0,
  heldBy: null,
  pauseCause: "",
  limits: [{ model: "a", budget: "tokens", limit: 1000, used: 990 }],
}
const idle: RunFlow = {
  stopping: null,
  models: [model],
  places: { now: 20, most: 100 },
  inFlight: 0,
  retrying: 0,
  unbudgeted: 0,
  writing: 0,
}

describe("bottleneckOf()", () => {
  it("is the input when there is nothing to do", () => {
    expect(bottleneckOf(idle, 0)).toEqual({ kind: "input" })
  })

  it("is the limit that the first in line stands before", () => {
    const held: ModelFlow = { ...model, waiting: 4, heldBy: { kind: "budget", budget: "tokens", until: 500 } }
    expect(bottleneckOf({ ...idle, models: [held], inFlight: 3 }, 0)).toEqual({
      kind: "limit",
      model: "a",
      budget: "tokens",
      limit: 1000,
    })
  })

  it("is the line of the model that most wait for", () => {
    const paused: ModelFlow = {
      ...model,
      model: "b",
      waiting: 9,
      heldBy: { kind: "pause", until: 5000 },
      pauseCause: "HTTP 429",
    }
    const held: ModelFlow = { ...model, waiting: 4, heldBy: { kind: "concurrency" } }
    expect(bottleneckOf({ ...idle, models: [held, paused] }, 1000)).toEqual({
      kind: "pause",
      model: "b",
      left: 4000,
      cause: "HTTP 429",
    })
  })

  it("is the server when all places are taken, and when only its answers are missing", () => {
    const waiting: ModelFlow = { ...model, waiting: 4, heldBy: { kind: "concurrency" } }
    expect(bottleneckOf({ ...idle, models: [waiting], inFlight: 20 }, 0)).toEqual({
      kind: "concurrency",
      places: 20,
      most: 100,
    })
    expect(bottleneckOf({ ...idle, inFlight: 3, retrying: 5 }, 0)).toEqual({ kind: "server", inFlight: 3 })
  })

  it("is the server as well when the first in line is about to go", () => {
    const going: ModelFlow = { ...model, waiting: 4, heldBy: null }
    expect(bottleneckOf({ ...idle, models: [going], inFlight: 8 }, 0)).toEqual({
      kind: "server",
      inFlight: 8,
    })
  })

  it("is the back-off, or the disk, when nothing is on its way", () => {
    expect(bottleneckOf({ ...idle, retrying: 5 }, 0)).toEqual({ kind: "retry", requests: 5 })
    expect(bottleneckOf({ ...idle, writing: 5, inFlight: 2 }, 0)).toEqual({ kind: "writing", records: 5 })
  })

  it("is the budget when requests wait for what others give back of it", () => {
    expect(bottleneckOf({ ...idle, unbudgeted: 3, inFlight: 2 }, 0)).toEqual({ kind: "budget", requests: 3 })
  })

  it("is the stop of the run before all else", () => {
    const flow = { ...idle, stopping: "no credit", inFlight: 3 }
    expect(bottleneckOf(flow, 0)).toEqual({ kind: "stopping", message: "no credit" })
  })
})
