// Times programs in turn, so that whatever slows the machine down slows all of them down.
//
// A round calls each program once, in an order that changes from round to round. The first rounds
// warm up and are not counted. What is told is the median, with the least and the most.
import { run } from "tsyncio"
import type { PythonPeer } from "./python-peer.js"
import type { Question } from "./question.js"

/** Operations per second of one program. */
export interface Figure {
  readonly program: string
  readonly median: number
  readonly min: number
  readonly max: number
}

/** Rounds of each question; the first `warmUp` are not counted. */
export const rounds = 7
const warmUp = 2

/** Times every program of `question`; the figures come in the order ours, bare, asyncio. */
export async function measure(question: Question, python: PythonPeer | null): Promise<Figure[]> {
  const programs = new Map<string, () => Promise<number>>()
  programs.set("tsyncio", () => timeRun(question))
  if (question.bare !== undefined) {
    const bare = question.bare
    programs.set("bare promises", () => seconds(bare))
  }
  if (question.asyncio !== undefined && python !== null) {
    const name = question.asyncio
    programs.set("asyncio", () => python.time(name))
  }
  const times = new Map<string, number[]>([...programs.keys()].map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const order = [...programs.entries()]
    if (round % 2 === 1) order.reverse()
    for (const [name, program] of order) {
      globalThis.gc?.()
      const time = await program()
      if (round >= warmUp) times.get(name)?.push(question.count / time)
    }
  }
  return [...times].map(([program, rates]) => figure(program, rates))
}

async function timeRun(question: Question): Promise<number> {
  let time = 0
  await run(async () => {
    time = await seconds(question.tsyncio)
  })
  return time
}

async function seconds(program: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await program()
  return (performance.now() - start) / 1000
}

function figure(program: string, rates: number[]): Figure {
  const sorted = [...rates].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  return { program, median: at(sorted.length >> 1), min: at(0), max: at(sorted.length - 1) }
}
