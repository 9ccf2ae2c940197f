// Lines on their way to their slots, past those whose model is waiting.
//
// A line holds its slot until it has its record, so a model at its limit would fill all slots with lines that wait,
// and the others would stand behind them. Here, when a model has enough lines waiting, its next ones are set aside
// and the file is read on, within a bound. What must stay true: lines of one model keep their order; each line has
// the number of its place in the file; and what was read is given out, unless the run stops.

import { Deque } from "../base/deque.ts"
import type { EarlyLine } from "./input-reader.ts"
import type { InvalidLine, RequestItem } from "./request-line.ts"
import type { RunBrake } from "./run-brake.ts"

/** A line with something to do. */
type Work = RequestItem | InvalidLine | EarlyLine

/** A line and its place among those that are given out, counted from 0. */
export interface NumberedLine {
  readonly line: Work
  readonly number: number
}

/** Who knows how many lines of a model wait for its limits. */
export interface ModelRoom {
  /** Whether another line of the model may take a slot. */
  hasRoom(model: string): boolean
  /** Waits until a model may have more room than now. */
  untilRoom(): Promise<void>
}

/** Most lines, and characters of their bodies, that are set aside. */
const mostAside = { lines: 1000, text: 8 * 1024 * 1024 }

/**
 * Gives out lines in the order of the file, but for those whose model has no room.
 *
 * @param room - Null to set no line aside: while a stream is silent, nobody would give it out.
 * **Cancellation.** A wait for room ends, and so do the lines.
 */
export async function* modelLanes(
  work: AsyncIterable<Work>,
  room: ModelRoom | null,
  brake: Pick<RunBrake, "isSet">,
): AsyncGenerator<NumberedLine, void, undefined> {
  const aside = new LinesAside()
  let number = 0
  for await (const line of work) {
    const numbered = { line, number: number++ }
    if (room === null) {
      yield numbered
      continue
    }
    if (line.kind === "request" && (aside.has(line.model) || !room.hasRoom(line.model))) {
      aside.add(line, numbered)
    } else yield numbered
    for (;;) {
      const next = aside.take(room)
      if (next !== null) yield next
      else if (aside.isFull && !brake.isSet) await room.untilRoom()
      else break
    }
  }
  while (room !== null && aside.size > 0 && !brake.isSet) {
    const next = aside.take(room)
    if (next === null) await room.untilRoom()
    else yield next
  }
}

/** Lines that were set aside, by model. */
class LinesAside {
  /** No line of it is empty. */
  readonly #byModel: Map<string, Deque<NumberedLine>> = new Map()
  #lines = 0
  #text = 0

  get size(): number {
    return this.#lines
  }

  get isFull(): boolean {
    return this.#lines >= mostAside.lines || this.#text >= mostAside.text
  }

  has(model: string): boolean {
    return this.#byModel.has(model)
  }

  add({ model, body }: RequestItem, numbered: NumberedLine): void {
    let lane = this.#byModel.get(model)
    if (lane === undefined) this.#byModel.set(model, (lane = new Deque()))
    lane.push(numbered)
    this.#lines++
    this.#text += body?.length ?? 0
  }

  /** Takes the line that was set aside first among the models that have room; null if none has. */
  take(room: ModelRoom): NumberedLine | null {
    if (this.#lines === 0) return null
    let found: Deque<NumberedLine> | null = null
    let oldest = Infinity
    let of = ""
    for (const [model, lane] of this.#byModel) {
      const { number } = lane.peek() as NumberedLine
      if (number < oldest && room.hasRoom(model)) [found, oldest, of] = [lane, number, model]
    }
    if (found === null) return null
    const taken = found.shift() as NumberedLine
    if (found.size === 0) this.#byModel.delete(of)
    this.#lines--
    if (taken.line.kind === "request") this.#text -= taken.line.body?.length ?? 0
    return taken
  }
}
