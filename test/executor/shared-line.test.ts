import { describe, expect, it } from "vitest"
import type { MayGo, LinePlace as Place, SharedLine as Line } from "../../src/executor/shared-line.ts"
import type { Agent, Steps, Trial, TrialClock } from "./interleavings.ts"
import { SteppedAtomics, everySchedule, someSchedules, steppedModule } from "./interleavings.ts"

// The methods of both are generators here.
type Stepped<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Steps<R> : T[K]
}
interface Built {
  readonly SharedLine: new (
    words: Int32Array,
    base: number,
    mayGo: (...args: Parameters<MayGo>) => Steps<boolean>,
  ) => Stepped<Line>
  readonly LinePlace: new (line: Stepped<Line>, need: number) => Stepped<Place>
}

const atomics = new SteppedAtomics()

/** The line as it is built, small, and with a fault if one is planted. */
function built(plant: Readonly<Record<string, string>> = {}): Built {
  const small = {
    "const seats = 64": "const seats = 3",
    "const spins = 200": "const spins = 0",
    "const mostLooks = 2": "const mostLooks = 1",
  }
  return steppedModule("executor/shared-line.js", atomics, { ...small, ...plant }) as unknown as Built
}

/** Milliseconds that others may be held up by one who died: twice the longest sleep, and a few times `patience`. */
const longestHoldUp = 2 * 1000 + 5 * 10

/** A semaphore as the real ones are: one word, and a line beside it. */
class Gate {
  readonly words = new Int32Array(new SharedArrayBuffer(64 * 4))
  readonly line: Stepped<Line>
  readonly #clock: TrialClock
  inside = 0
  readonly #permits: number
  #events = 0
  /** Who has sat down and not gone in, and when; for the order. */
  readonly #seated = new Map<number, number>()

  readonly #built: Built

  constructor(permits: number, clock: TrialClock, line: Built) {
    const { words } = this
    this.#built = line
    this.#permits = permits
    this.#clock = clock
    words[0] = permits
    words[1] = 1
    this.line = new line.SharedLine(words, 1, function* (before) {
      return before < (yield* atomics.load(words, 0))
    })
  }

  *#take(): Steps<boolean> {
    for (let free = yield* atomics.load(this.words, 0); free > 0;) {
      const found = yield* atomics.compareExchange(this.words, 0, free, free - 1)
      if (found === free) return true
      free = found
    }
    return false
  }

  *acquire(id: number, life: Life, isGivingUp: boolean): Steps<boolean> {
    const started = (this.#events += 1)
    if ((yield* this.line.isOpen(0)) && (yield* this.#take())) return this.#went(id, started, life)
    const place = new this.#built.LinePlace(this.line, 0)
    let isIn = false
    life.isWaiting = true
    for (;;) {
      const bell = yield* place.listen()
      if (place.at !== -1 && !this.#seated.has(id)) this.#seated.set(id, (this.#events += 1))
      if ((yield* place.isTurn()) && (yield* this.#take())) {
        isIn = this.#went(id, started, life)
        break
      }
      const pause = yield* place.pause(this.#clock.now)
      if (pause === 0) continue
      life.isAsleep = true
      yield* place.sleep(bell, pause)
      life.isAsleep = false
      if (isGivingUp) break
    }
    life.isWaiting = false
    this.#seated.delete(id)
    yield* place.leave()
    return isIn
  }

  *release(): Steps {
    this.inside -= 1
    yield* atomics.add(this.words, 0, 1)
    yield* this.line.ring(-1)
  }

  #went(id: number, started: number, life: Life): boolean {
    life.isWaiting = false
    this.inside += 1
    if (this.inside > this.#permits) throw new Error(`${this.inside} inside`)
    this.#seated.delete(id)
    if (this.#permits > 1 || this.#clock.now > 0) return true
    for (const [other, since] of this.#seated)
      if (since < started) throw new Error(`${id} went in before ${other}, which sat there first`)
    return true
  }
}

interface Life {
  isWaiting: boolean
  isAsleep: boolean
}

interface Habit {
  readonly rounds?: number
  /** Leaves when its first sleep ends, which may be at any time. */
  readonly isGivingUp?: boolean
  /** Time may pass while it sleeps, though others are about to go on: to it they are slow. */
  readonly isHasty?: boolean
  /** May end for good while it waits. */
  readonly isMortal?: boolean
}

function trial(
  line: Built,
  permits: number,
  habits: readonly Habit[],
  mayWait: (deaths: number) => number,
): (clock: TrialClock) => Trial {
  return (clock: TrialClock): Trial => {
    const gate = new Gate(permits, clock, line)
    let entries = 0
    const agents = habits.map((habit, id): Agent => {
      const life: Life = { isWaiting: false, isAsleep: false }
      const { rounds = 1, isGivingUp = false, isHasty = false, isMortal = false } = habit
      return {
        steps: (function* () {
          for (let round = 0; round < rounds; round += 1) {
            if (!(yield* gate.acquire(id, life, isGivingUp))) continue
            entries += 1
            yield undefined
            yield* gate.release()
          }
        })(),
        isMortal: () => isMortal && life.isWaiting,
        isHasty: () => (isGivingUp || isHasty) && life.isAsleep,
      }
    })
    return {
      agents,
      settle: ({ waited, deaths }) => {
        const patient = habits.reduce(
          (sum, { rounds = 1, isGivingUp, isMortal }) =>
            isGivingUp === true || isMortal === true ? sum : sum + rounds,
          0,
        )
        if (entries < patient) throw new Error(`${entries} of ${patient} went in`)
        if (gate.words[0] !== permits) throw new Error(`${gate.words[0]} permits are left`)
        if (waited > mayWait(deaths)) throw new Error(`it took ${waited} ms of sleep without a bell`)
      },
    }
  }
}

const never = (): number => 0

describe("the line of threads, under every order of its atomic steps", () => {
  it.each([
    {
      name: "two threads, twice each",
      permits: 1,
      habits: [{ rounds: 2 }, { rounds: 2 }],
      mostPreemptions: 2,
    },
    { name: "three threads", permits: 1, habits: [{}, {}, {}], mostPreemptions: 2 },
    { name: "two permits", permits: 2, habits: [{}, {}, {}], mostPreemptions: 2 },
    { name: "more threads than seats", permits: 1, habits: [{}, {}, {}, {}, {}], mostPreemptions: 0 },
    { name: "one gives up", permits: 1, habits: [{}, { isGivingUp: true }, {}], mostPreemptions: 2 },
    {
      name: "all but one give up",
      permits: 1,
      habits: [{ isGivingUp: true }, { isGivingUp: true }, {}],
      mostPreemptions: 2,
    },
  ])("$name: one bell is enough, nobody is overtaken", ({ permits, habits, mostPreemptions, name }) => {
    const mayWait = name.startsWith("more") ? () => 1000 : never
    const schedules = everySchedule(atomics, trial(built(), permits, habits, mayWait), { mostPreemptions })
    expect(schedules).toBeGreaterThan(20)
  })

  it.each([
    { name: "one of three", habits: [{}, { isMortal: true }, {}], mostPreemptions: 2, mostDeaths: 1 },
    {
      name: "two of three",
      habits: [{ isMortal: true }, { isMortal: true }, {}],
      mostPreemptions: 2,
      mostDeaths: 2,
    },
  ])("$name ends while it waits: the others go on", ({ habits, mostPreemptions, mostDeaths }) => {
    const mayWait = (deaths: number): number => deaths * longestHoldUp
    const schedules = everySchedule(atomics, trial(built(), 1, habits, mayWait), {
      mostPreemptions,
      mostDeaths,
    })
    expect(schedules).toBeGreaterThan(100)
  })

  it("who is slow is passed over, and sits down again; of those that end nothing is left", () => {
    const habits = [
      { rounds: 2 },
      { rounds: 2, isHasty: true },
      { isHasty: true },
      { isGivingUp: true },
      { isMortal: true },
    ]
    someSchedules(
      atomics,
      trial(built(), 1, habits, (deaths) => 1000 + deaths * longestHoldUp),
      { count: 600, mostDeaths: 1 },
    )
    someSchedules(
      atomics,
      trial(built(), 2, habits, (deaths) => 1000 + deaths * longestHoldUp),
      { count: 300, mostDeaths: 1 },
    )
  })

  const [one, two, three, four]: Habit[][] = [
    [{}, {}, {}],
    [{}, { isGivingUp: true }, {}],
    [{}, { isMortal: true }, {}],
    [{}, {}, { isHasty: true }],
  ]
  it.each([
    { fault: "who leaves calls nobody", from: "this.#line.ring(-1)", to: "", habits: two },
    { fault: "a bell that does not change", from: "Atomics.add(this.words, at + 1, 1)", to: "", habits: one },
    {
      fault: "a bell that nobody hears",
      from: "return Atomics.notify(this.words, at + 1)",
      to: "return 0",
      habits: one,
    },
    {
      fault: "a newcomer passes all",
      from: "this.#mayGo(this.countBefore(Atomics.load",
      to: "this.#mayGo(0 * (Atomics.load",
      habits: one,
    },
    {
      fault: "nobody is passed over",
      from: "if (this.#looks < mostLooks)",
      to: "if (true)",
      habits: three,
    },
    {
      fault: "one who is passed over is not told",
      from: "=== ticket)\n            this.#line.ringAt(oldest)",
      to: ");",
      habits: four,
    },
  ])("a planted fault is found: $fault", ({ from, to, habits = [] }) => {
    const line = built({ [from]: to })
    const mayWait = (deaths: number): number => deaths * longestHoldUp
    const play = trial(line, 1, habits, mayWait)
    expect(() => {
      everySchedule(atomics, play, { mostPreemptions: habits === four ? 0 : 2, mostDeaths: 1 })
      someSchedules(atomics, play, { count: 10_000 })
    }).toThrow(/schedule/)
  })
})
