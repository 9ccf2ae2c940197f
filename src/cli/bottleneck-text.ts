// What a run waits for, in a few words.
//
// The library tells it as data; here it becomes the one line that answers "why is it slow now". The same words
// on a terminal and in a log, and no more of them than the reader needs to know what would help.

import type { Bottleneck } from "../batch/index.ts"
import { clock } from "../core/lowlevel.ts"
import { numberText } from "./number-text.ts"

const budgetNames = {
  requests: "requests",
  tokens: "tokens",
  inputTokens: "input tokens",
  outputTokens: "output tokens",
} as const

/** The words after "now". */
export function bottleneckText(bottleneck: Bottleneck): string {
  switch (bottleneck.kind) {
    case "stopping":
      return `stopping: ${bottleneck.message}`
    case "pause": {
      const { model, left, cause } = bottleneck
      const why = cause === "" ? "" : `: ${cause}`
      // A short one is a gap between two starts, and no time to name.
      if (left < 1000) return `letting requests to ${model} in one by one after a pause${why}`
      return `paused until ${timeOfDay(clock.wallTime() + left)}${why}`
    }
    case "limit": {
      const { model, budget, limit } = bottleneck
      return `waiting for the limit of ${model}: ${limitText(budget, limit)}`
    }
    case "budget":
      return `waiting for the budget: ${numberText(bottleneck.requests)} requests fit once others have given theirs back`
    case "concurrency": {
      const { places, most } = bottleneck
      const more = places < most ? `, finding out whether the server takes up to ${numberText(most)}` : ""
      return `server latency: all ${numberText(places)} places are taken${more}`
    }
    case "server":
      return `server latency: the last ${numberText(bottleneck.inFlight)} answers`
    case "retry":
      return `waiting to repeat ${numberText(bottleneck.requests)} requests`
    case "writing":
      return `writing: ${numberText(bottleneck.records)} records on their way to the disk`
    case "input":
      return "reading the input"
  }
}

/** "3,000 input tokens a minute". */
export function limitText(budget: keyof typeof budgetNames, limit: number): string {
  return `${numberText(limit)} ${budgetNames[budget]} a minute`
}

/** "12:03:20", local time. */
function timeOfDay(time: number): string {
  return new Date(time).toTimeString().slice(0, 8)
}
