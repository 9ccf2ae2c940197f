// What programs cost, each in a process of its own, so that none carries another's heap.
//
// A process is started for each program and round; a cost that a program tells of itself is all that
// counts, the start of the process is not in it. Of the Pythons the newest is asked alone.
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import type { Answer } from "./answer.js"
import { figureOf } from "./answer.js"
import type { PeerName } from "./peers/peer-modules.js"
import { loadPeer, peerVersion } from "./peers/peer-modules.js"
import { PythonPeer } from "./peers/python-peer.js"
import type { CostQuestion } from "./question.js"
import { settings } from "./settings.js"

const execute = promisify(execFile)

/** Asks every program of a question, on that Node; an answer for each part of it. */
export async function measureCost(
  question: CostQuestion,
  node: string,
  entry: string,
): Promise<Omit<Answer, "node">[]> {
  const programs = new Map<string, () => Promise<readonly number[]>>()
  for (const name of Object.keys(question.programs)) {
    programs.set(name, () => inProcess(node, entry, question.name, name))
  }
  const absent: string[] = []
  if (settings.peers) {
    for (const name of Object.keys(question.peers ?? {})) {
      const version = peerVersion(name)
      if (version === null) absent.push(name)
      else programs.set(`${name} ${version}`, () => inProcess(node, entry, question.name, name))
    }
    const { asyncio } = question
    const [python] = settings.pythons
    if (asyncio !== undefined) {
      if (python === undefined) absent.push("asyncio")
      else programs.set(python.label, () => inPython(asyncio, python))
    }
  }
  const values = new Map<string, (readonly number[])[]>([...programs.keys()].map((name) => [name, []]))
  const rounds = Math.min(question.rounds ?? Infinity, settings.rounds)
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, program] of programs) values.get(name)?.push(await program())
  }
  return question.parts.map(({ name, unit }, part) => ({
    name,
    what: question.what,
    unit,
    absent,
    figures: [...values].map(([program, all]) => {
      return figureOf(
        program,
        all.map((numbers) => numbers[part] ?? Number.NaN),
      )
    }),
  }))
}

async function inProcess(node: string, entry: string, question: string, program: string): Promise<number[]> {
  const args = ["--expose-gc", "--max-old-space-size=8192", entry, "--cost", question, program]
  const { stdout } = await execute(node, args)
  return JSON.parse(stdout) as number[]
}

async function inPython(name: string, python: (typeof settings.pythons)[number]): Promise<readonly number[]> {
  const peer = new PythonPeer(python)
  try {
    return await peer.cost(name)
  } finally {
    peer.close()
  }
}

/** One program of a question, called in this process. */
export async function costOf(question: CostQuestion, program: string): Promise<readonly number[]> {
  const own = question.programs[program]
  if (own !== undefined) return own()
  const peer = question.peers?.[program as PeerName]
  if (peer === undefined) throw new Error(`${question.name} has no program called ${program}`)
  return peer(await loadPeer<never>(program))
}
