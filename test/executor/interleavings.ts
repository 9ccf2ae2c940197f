// The code of src/executor that works on shared memory, as built, run under every order of its atomic steps.
//
// A module is made into generators: each `Atomics` call becomes a step at which another agent may come in between,
// and so does each copy of bytes. Agents are then run under all schedules with a bounded number of preemptions. A sleeper
// wakes by a notify; time passes only when nobody can go on, and a schedule tells how often it had to.
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { runInThisContext } from "node:vm"
import { seededRandom } from "../../src/base/seeded-random.ts"
import { repository } from "../house/source-tree.ts"

/** A step: what the agent is about to do, or that it sleeps. */
type Step = { readonly sleep: { readonly at: number; readonly ms: number } } | undefined
export type Steps<T = void> = Generator<Step, T, unknown>

/** Shared memory as the agents see it: one step before each operation. */
export class SteppedAtomics {
  *load(words: Int32Array, at: number): Steps<number> {
    yield undefined
    return Atomics.load(words, at)
  }

  *store(words: Int32Array, at: number, value: number): Steps<number> {
    yield undefined
    return Atomics.store(words, at, value)
  }

  *add(words: Int32Array, at: number, value: number): Steps<number> {
    yield undefined
    return Atomics.add(words, at, value)
  }

  *compareExchange(words: Int32Array, at: number, expected: number, value: number): Steps<number> {
    yield undefined
    return Atomics.compareExchange(words, at, expected, value)
  }

  *wait(words: Int32Array, at: number, value: number, ms: number): Steps<string> {
    yield undefined
    if (Atomics.load(words, at) !== value) return "not-equal"
    return (yield { sleep: { at, ms } }) as string
  }

  *notify(_words: Int32Array, at: number): Steps<number> {
    yield undefined
    return this.wake(at)
  }

  /** Wakes the sleepers of a word; set by the schedule that is run. */
  wake: (at: number) => number = () => 0
}

/** The generators that the methods of a built module become, by the names of its exports. */
export function steppedModule(
  path: string,
  atomics: SteppedAtomics,
  replace: Readonly<Record<string, string>> = {},
): Record<string, never> {
  let text = readFileSync(join(repository, "dist", path), "utf8").replace(/\/\/.*$/gm, "")
  for (const [from, to] of Object.entries(replace)) {
    if (!text.includes(from)) throw new Error(`${path} has no \`${from}\``)
    text = text.replace(from, to)
  }
  const methods = new Set(["mayGo"])
  text = text.replace(/^( {4})(static )?(#?[a-z]\w*)\((.*)\) \{$/gm, (all, indent, fixed, name, args) => {
    if (name === "constructor") return all
    methods.add(String(name).replace("#", ""))
    return `${indent as string}${(fixed as string | undefined) ?? ""}*${name as string}(${args as string}) {`
  })
  // Getters that read shared memory become methods as well.
  text = text.replace(/^( {4})get (count|used|isClosed)\(\) \{$/gm, (_, indent, name) => {
    methods.add(name as string)
    return `${indent as string}*${name as string}() {`
  })
  text = text.replace(/\.(count|used|isClosed)\b(?!\()/g, ".$1()")
  text = text.replace(/(this\.#bytes|message)\.set\(/g, "(yield, $1).set(")
  const calls = new RegExp(
    `((?:\\bAtomics|(?:[\\w]+)(?:\\.#?\\w+)*)\\.#?(?:${[...methods].join("|")})|Atomics\\.\\w+)\\(`,
  )
  text = wrapCalls(text, calls)
  const names = [...text.matchAll(/^export (?:class|const|function) (\w+)/gm)].map((found) => found[1])
  const body = `${text.replace(/^export /gm, "").replace(/^import .*$/gm, "")}\nreturn { ${names.join(", ")} }`
  const load = runInThisContext(`(Atomics) => { "use strict"; ${body} }`) as (
    atomics: SteppedAtomics,
  ) => Record<string, never>
  return load(atomics)
}

/** Each call that matches becomes `(yield* call)`. */
function wrapCalls(text: string, calls: RegExp): string {
  const found = calls.exec(text)
  if (found === null) return text
  const open = found.index + found[0].length
  let depth = 1
  let end = open
  for (; depth > 0; end += 1) {
    if (text[end] === "(") depth += 1
    if (text[end] === ")") depth -= 1
  }
  const call = `${found[1] ?? ""}(${wrapCalls(text.slice(open, end - 1), calls)})`
  return `${text.slice(0, found.index)}(yield* ${call})${wrapCalls(text.slice(end), calls)}`
}

/** One agent of a trial. */
export interface Agent {
  readonly steps: Steps
  /** Whether it may end for good at this moment, in the middle of what it does. */
  readonly isMortal?: () => boolean
  /** Whether time may pass until its sleep ends by its limit, though others could go on. */
  readonly isHasty?: () => boolean
}

/** One round, made anew for each schedule. */
export interface Trial {
  readonly agents: readonly Agent[]
  /** Called after each step; throws if something is wrong. */
  readonly check?: () => void
  /** Called once all have ended. */
  readonly settle: (played: { readonly waited: number; readonly deaths: number }) => void
}

export interface TrialClock {
  now: number
}

/** How a schedule goes on. */
interface Fork {
  /** Agents by number, `kill` and `wake` with a number. */
  readonly choices: readonly string[]
  /** Whoever ran before, or the first that can. */
  readonly usual: string
  /** Whether the one who ran before could go on. */
  readonly isPreempting: boolean
}

/** Runs every schedule with at most so many preemptions, deaths counted in; gives how many there were. */
export function everySchedule(
  atomics: SteppedAtomics,
  make: (clock: TrialClock) => Trial,
  { mostPreemptions, mostDeaths = 0 }: { mostPreemptions: number; mostDeaths?: number },
): number {
  const prefixes: string[][] = [[]]
  let schedules = 0
  for (let prefix = prefixes.pop(); prefix !== undefined; prefix = prefixes.pop()) {
    schedules += 1
    if (schedules > 100_000) throw new Error("too many schedules")
    const start = prefix
    const taken: string[] = []
    let preemptions = 0
    const choose = ({ choices, usual, isPreempting }: Fork): string => {
      const isPaid = (choice: string): boolean => choice !== usual && (isPreempting || /\D/.test(choice))
      const choice = start[taken.length] ?? usual
      if (taken.length >= start.length) {
        for (const other of choices) {
          if (other !== usual && (!isPaid(other) || preemptions < mostPreemptions))
            prefixes.push([...taken, other])
        }
      }
      if (isPaid(choice)) preemptions += 1
      taken.push(choice)
      return choice
    }
    told(
      () => playSchedule(atomics, make, mostDeaths, choose),
      () => `schedule ${schedules}: ${taken.join(" ")}`,
    )
  }
  return schedules
}

/** Runs so many schedules by chance. */
export function someSchedules(
  atomics: SteppedAtomics,
  make: (clock: TrialClock) => Trial,
  { count, seed = 1, mostDeaths = 0 }: { count: number; seed?: number; mostDeaths?: number },
): void {
  for (let round = 0; round < count; round += 1) {
    const random = seededRandom(seed + round)
    const choose = ({ choices, usual }: Fork): string => {
      if (random() > 0.3) return usual
      const choice = choices[Math.floor(random() * choices.length)] as string
      return choice.startsWith("kill") && random() > 0.1 ? usual : choice
    }
    told(
      () => playSchedule(atomics, make, mostDeaths, choose),
      () => `schedule by seed ${seed + round}`,
    )
  }
}

function told(play: () => void, name: () => string): void {
  try {
    play()
  } catch (error) {
    throw new Error(`${name()}: ${String(error)}`, { cause: error })
  }
}

interface Sleeper {
  readonly at: number
  readonly until: number
}

function playSchedule(
  atomics: SteppedAtomics,
  make: (clock: TrialClock) => Trial,
  mostDeaths: number,
  choose: (fork: Fork) => string,
): void {
  const clock: TrialClock = { now: 0 }
  const { agents, check, settle } = make(clock)
  const sleeping = new Map<number, Sleeper>()
  const over = new Set<number>()
  const answers = new Map<number, string>()
  let [current, deaths, waited] = [0, 0, 0]
  const wake = (agent: number, answer: string): void => {
    sleeping.delete(agent)
    answers.set(agent, answer)
  }
  atomics.wake = (at) => {
    const heard = [...sleeping].filter(([, sleeper]) => sleeper.at === at)
    for (const [agent] of heard) wake(agent, "ok")
    return heard.length
  }
  for (let steps = 0; over.size < agents.length; steps += 1) {
    if (steps > 20_000) throw new Error("it does not end")
    const ready = agents.flatMap((_, agent) => (over.has(agent) || sleeping.has(agent) ? [] : [agent]))
    if (ready.length === 0) {
      const [agent, { until }] = [...sleeping].toSorted(([, a], [, b]) => a.until - b.until)[0] as [
        number,
        Sleeper,
      ]
      waited += until - clock.now
      clock.now = until
      wake(agent, "timed-out")
      continue
    }
    const choices = ready.map(String)
    for (const [index, agent] of agents.entries()) {
      if (over.has(index)) continue
      if (deaths < mostDeaths && agent.isMortal?.() === true) choices.push(`kill${index}`)
      if (sleeping.has(index) && agent.isHasty?.() === true) choices.push(`wake${index}`)
    }
    const isPreempting = ready.includes(current)
    const choice = choose({ choices, usual: String(isPreempting ? current : ready[0]), isPreempting })
    const index = Number(choice.replace(/\D+/, ""))
    if (choice.startsWith("kill")) {
      deaths += 1
      over.add(index)
      sleeping.delete(index)
    } else if (choice.startsWith("wake")) {
      clock.now = Math.max(clock.now, (sleeping.get(index) as Sleeper).until)
      wake(index, "timed-out")
    } else {
      current = index
      const { value, done } = (agents[index] as Agent).steps.next(answers.get(index))
      answers.delete(index)
      if (done === true) over.add(index)
      else if (value !== undefined)
        sleeping.set(index, { at: value.sleep.at, until: clock.now + value.sleep.ms })
    }
    check?.()
  }
  settle({ waited, deaths })
}
