// Where the time of one of our programs goes: a profile, taken once the program is warm.
//
// The shares are of the time the thread was busy. V8 tells what its own code takes, which is the
// microtasks, the making of promises and whatever else is no function of JavaScript, as "(program)".
import type { Profiler, Runtime } from "node:inspector"
import { Session } from "node:inspector/promises"
import { Runner } from "tsyncio"
import { visit } from "./measure-rate.js"
import type { RateQuestion } from "./question.js"

const warmUp = 1000
const length = 3000
/** Microseconds between two samples. */
const interval = 200

/** A profile of our program of that question. */
export async function profileRate(question: RateQuestion): Promise<Profiler.Profile> {
  const around = await question.prepare?.()
  try {
    return await profileOf(question)
  } finally {
    await around?.close()
  }
}

async function profileOf(question: RateQuestion): Promise<Profiler.Profile> {
  await using loop = new Runner()
  await loop.run(() => visit(question.tsyncio, warmUp))
  const session = new Session()
  session.connect()
  await session.post("Profiler.enable")
  await session.post("Profiler.setSamplingInterval", { interval })
  await session.post("Profiler.start")
  await loop.run(() => visit(question.tsyncio, length))
  const { profile } = await session.post("Profiler.stop")
  session.disconnect()
  return profile
}

/** Share of the time in each function itself, the largest first; ours and the program's by file and line. */
export function selfShares({
  nodes,
  samples = [],
  timeDeltas = [],
}: Profiler.Profile): [place: string, share: number][] {
  const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]))
  const times = new Map<string, number>()
  let total = 0
  for (const [index, id] of samples.entries()) {
    const place = places.get(id) ?? "(unknown)"
    const time = timeDeltas[index] ?? 0
    if (place === "(idle)" || place.includes("(node:inspector")) continue
    times.set(place, (times.get(place) ?? 0) + time)
    total += time
  }
  return [...times]
    .map(([place, time]): [string, number] => [place, time / total])
    .sort(([, a], [, b]) => b - a)
}

function placeOf({ functionName, url, lineNumber }: Runtime.CallFrame): string {
  const name = functionName === "" ? "(anonymous)" : functionName
  if (url === "") return name
  const file = url.replace(/^.*\/(dist|bench)\//, "$1/")
  return `${name} (${file}:${lineNumber + 1})`
}
