// Times programs in turn, so that whatever slows the machine down slows all of them down.
//
// In each round every program has a slice of time, in which it is called again and again; the order
// moves on by one from round to round. The first round warms up and is not counted. A program that
// takes long for one call has fewer rounds, at least two, so that slow peers do not eat the hour.
import { Runner } from "tsyncio"
import type { Answer } from "./answer.js"
import { figureOf } from "./answer.js"
import type { PeerName } from "./peers/peer-modules.js"
import { loadPeer, peerVersion } from "./peers/peer-modules.js"
import { PythonPeer } from "./peers/python-peer.js"
import type { Program, RateQuestion } from "./question.js"
import { byHand, us } from "./question.js"
import { settings } from "./settings.js"
import { now } from "./stopwatch.js"

interface Visit {
  readonly calls: number
  readonly seconds: number
}

/** A program that can be visited for a slice of time. */
type Visitor = (slice: number) => Promise<Visit>

/** Milliseconds of the round that is not counted: compilers have to see the code before they do their best. */
const warmUp = 400

/** Seconds a program may have in all rounds together. */
const budget = 2

/** Times every program of a question; ours comes first. */
export async function measureRate(question: RateQuestion): Promise<Omit<Answer, "node">> {
  const { runners, absent, close } = await open(question)
  const names = [...runners.keys()]
  const rates = new Map<string, number[]>(names.map((name) => [name, []]))
  const rounds = new Map<string, number>()
  const { rounds: most } = settings
  const { slices = 1 } = question
  for (let round = 0; round <= most; round += 1) {
    const shift = round % names.length
    for (const name of [...names.slice(shift), ...names.slice(0, shift)]) {
      const runner = runners.get(name)
      if (runner === undefined || round > (rounds.get(name) ?? most)) continue
      collectYoung()
      const { calls, seconds } = await runner(slices * (round === 0 ? warmUp : settings.slice))
      if (round > 0) rates.get(name)?.push((question.count * calls) / seconds)
      else rounds.set(name, Math.min(most, Math.max(2, Math.floor((slices * budget * calls) / seconds))))
    }
  }
  await close()
  const { name, what } = question
  return { name, what, unit: "op/s", absent, figures: [...rates].map(([who, all]) => figureOf(who, all)) }
}

async function open(
  question: RateQuestion,
): Promise<{ runners: Map<string, Visitor>; absent: string[]; close: () => Promise<void> }> {
  // One loop for all rounds, as a program has one for its life.
  const loop = new Runner()
  const runners = new Map<string, Visitor>([
    [us, (slice) => loop.run(() => visit(question.tsyncio, slice))],
    [question.bareName ?? byHand, (slice) => visit(question.bare, slice)],
  ])
  const preparation = await question.prepare?.()
  for (const [name, program] of Object.entries(preparation?.others ?? {})) {
    runners.set(name, (slice) => visit(program, slice))
  }
  const absent: string[] = []
  const pythons: PythonPeer[] = []
  if (settings.peers) {
    for (const name of Object.keys(question.peers ?? {}) as PeerName[]) {
      const version = peerVersion(name)
      if (version === null) absent.push(name)
      else runners.set(`${name} ${version}`, await peerRunner(question, name))
    }
    const { asyncio, needsAiohttp = false } = question
    if (asyncio !== undefined) {
      const fit = settings.pythons.filter(({ hasAiohttp }) => hasAiohttp || !needsAiohttp)
      for (const python of fit) {
        const peer = new PythonPeer(python, preparation?.env)
        pythons.push(peer)
        const label = needsAiohttp ? `aiohttp on ${python.label}` : python.label
        runners.set(label, (slice) => peer.rate(asyncio, slice))
      }
      for (const loop of ["asyncio", "uvloop"]) {
        if (!fit.some((python) => python.loop === loop))
          absent.push(needsAiohttp ? `aiohttp on ${loop}` : loop)
      }
    }
  }
  const close = async (): Promise<void> => {
    for (const peer of pythons) peer.close()
    await loop.close()
    await preparation?.close()
  }
  return { runners, absent, close }
}

async function peerRunner(question: RateQuestion, name: PeerName): Promise<Visitor> {
  const module = await loadPeer<never>(name)
  const program = question.peers?.[name]
  return (slice) => visit(async () => program?.(module), slice)
}

/** Clears what the program before has left, of the young generation only: a full collection has the compiler forget
 *  what it knows of objects that are gone, which no program meets twenty times a second. */
function collectYoung(): void {
  globalThis.gc?.({ type: "minor" })
}

/** Calls a program again and again for a slice of time. */
export async function visit(program: Program, slice: number): Promise<Visit> {
  const start = now()
  for (let calls = 1; ; calls += 1) {
    await program()
    const time = now() - start
    if (time >= slice) return { calls, seconds: time / 1000 }
  }
}
