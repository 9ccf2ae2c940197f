// One order in which a program's turns come, as it was picked.
//
// Installed for the time of one run. Wherever two or more things may come next, its chooser says which;
// what was chosen is kept, so that the same numbers give the same schedule again. What may change
// places: starts of tasks, ends of waits, notices of children to their group, timers of one instant. What
// keeps its order: callbacks among themselves, as `callSoon` and done callbacks promise, and the turns
// of the runtime's own, which nothing passes.
import type { Deque } from "../base/deque.ts"
import { CancelScope, Handle, Task } from "../core/index.ts"
import type { Entry } from "../core/lowlevel.ts"
import { Wait, setTimerTaker, setTurnPicker } from "../core/lowlevel.ts"
import { describeTurn } from "./describe-turn.ts"
import { DueTimer, takeDue } from "./due-timer.ts"

/** Says which of `count` (two or more) comes next; the first is the order of arrival. */
export type Chooser = (count: number, place: number) => number

/** In place of a turn that is left out. */
const nothing: Entry = { runEntry() {} }

/** The order of one run, picked as it goes on. */
export class Schedule {
  /** What was chosen, choice by choice: 0 is the order of arrival. */
  readonly choices: number[] = []
  /** How many there were to choose from; as long as `choices`. */
  readonly counts: number[] = []
  /** Turns that were run. */
  turns = 0
  /** Turns of the event loop that it took, about. */
  looks = 0
  /** Turns after which the program is told to end. */
  readonly #mostTurns: number
  readonly #onEndless: () => void
  readonly #chooser: Chooser
  /** What came, in words; null unless it is asked for. */
  readonly trace: string[] | null
  /** Number of the first task of the run, or -1 before it has come. */
  #firstId = -1
  /** The line as it stood before a pick, and the places in it that may come next. */
  readonly #line: Entry[] = []
  readonly #places: number[] = []

  constructor(chooser: Chooser, settings: { isTraced: boolean; mostTurns: number; onEndless: () => void }) {
    this.#chooser = chooser
    this.trace = settings.isTraced ? [] : null
    this.#mostTurns = settings.mostTurns
    this.#onEndless = settings.onEndless
  }

  /** Takes over the order of turns; the function it gives hands it back. */
  install(): () => void {
    setTurnPicker((ready) => this.#nextTurn(ready))
    setTimerTaker(takeDue)
    return () => {
      setTurnPicker(null)
      setTimerTaker(null)
    }
  }

  /** One of `options`, as the schedule has it. */
  choose<T>(options: readonly T[]): T {
    if (options.length === 0)
      throw new RangeError("Expected `options` to hold at least one, got an empty list")
    const at = this.#choose(options.length)
    this.trace?.push(`the program chooses ${String(options[at])}, number ${at + 1} of ${options.length}`)
    return options[at] as T
  }

  /** Choices that are not the order of arrival. */
  get deviations(): number {
    return this.choices.reduce((sum, choice) => (choice === 0 ? sum : sum + 1), 0)
  }

  #choose(count: number): number {
    if (count === 1) return 0
    const choice = this.#chooser(count, this.choices.length)
    this.choices.push(choice)
    this.counts.push(count)
    return choice
  }

  #nextTurn(ready: Deque<Entry>): Entry {
    this.turns += 1
    if (this.turns > this.#mostTurns) this.#onEndless()
    const entry = ready.size === 1 ? (ready.shift() as Entry) : this.#takeFrom(ready)
    if (!isMovable(entry) && !(entry instanceof Handle)) return entry
    // Told to end and still there: nothing of it runs any more, but the run has to end.
    if (this.turns > this.#mostTurns * 2) return nothing
    if (this.#firstId < 0 && entry instanceof Task) this.#firstId = entry.id
    this.trace?.push(describeTurn(entry, this.#firstId))
    return entry
  }

  #takeFrom(ready: Deque<Entry>): Entry {
    const line = this.#line
    const places = this.#places
    let isOpen = true
    let hasCallback = false
    for (let entry = ready.shift(); entry !== undefined; entry = ready.shift()) {
      if (isOpen) {
        const isCallback = entry instanceof Handle
        const isFence = !isCallback && !isMovable(entry)
        if (isFence ? line.length === 0 : !(isCallback && hasCallback)) places.push(line.length)
        isOpen = !isFence
        hasCallback ||= isCallback
      }
      line.push(entry)
    }
    const place = places[this.#choose(places.length)] as number
    const taken = line[place] as Entry
    if (place > 0 && this.trace !== null) this.#noteOvertaken(line[0] as Entry)
    for (let i = 0; i < line.length; i += 1) if (i !== place) ready.push(line[i] as Entry)
    line.length = places.length = 0
    return taken
  }

  #noteOvertaken(first: Entry): void {
    this.trace?.push(`(out of order, ahead of: ${describeTurn(first, this.#firstId)})`)
  }
}

function isMovable(entry: Entry): boolean {
  return (
    entry instanceof Wait ||
    entry instanceof Task ||
    entry instanceof CancelScope ||
    entry instanceof DueTimer
  )
}
