// Lines past those whose model waits: their order, their numbers, and how far is read ahead.

import { describe, expect, it } from "vitest"
import { modelLanes, type ModelRoom, type NumberedLine } from "../../src/batch/model-lanes.ts"
import { Event } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { itemOf } from "./simulated-server.ts"

const going = { isSet: false }

/** Room for all models but those that are closed. */
class Doors implements ModelRoom {
  readonly closed: Set<string>
  readonly #opened: Event = new Event()
  /** Called when nobody can go on; else the wait would be for ever. */
  onStuck: () => void = () => {}

  constructor(...closed: string[]) {
    this.closed = new Set(closed)
  }

  hasRoom(model: string): boolean {
    return !this.closed.has(model)
  }

  open(model: string): void {
    this.closed.delete(model)
    this.#opened.set()
  }

  async untilRoom(): Promise<void> {
    this.#opened.clear()
    this.onStuck()
    await this.#opened.wait()
  }
}

/** The input, and how much of it was read. */
function input(models: readonly string[], text: string = "x"): { work: AsyncGenerator; read: () => number } {
  let read = 0
  async function* work(): AsyncGenerator {
    for (const model of models) yield itemOf({ model, messages: [{ role: "user", content: text }] }, ++read)
  }
  return { work: work(), read: () => read }
}

function shown({ line, number }: NumberedLine): string {
  return `${line.kind === "request" ? line.model : line.kind}${number}`
}

describe("modelLanes", () => {
  it("gives out all lines in the order of the file while every model has room", () =>
    runVirtual(async () => {
      const { work } = input(["a", "b", "a", "b"])
      const given: string[] = []
      for await (const line of modelLanes(work as never, new Doors(), going)) given.push(shown(line))
      expect(given).toEqual(["a0", "b1", "a2", "b3"])
    }))

  it("goes past a model without room, and gives its lines in their order, with their numbers, when it has some", () =>
    runVirtual(async () => {
      const { work } = input(["a", "b", "a", "c", "b"])
      const doors = new Doors("a")
      const given: string[] = []
      for await (const line of modelLanes(work as never, doors, going)) {
        given.push(shown(line))
        if (given.length === 2) doors.open("a")
      }
      expect(given).toEqual(["b1", "c3", "a0", "a2", "b4"])
    }))

  it.each([
    ["a thousand lines", "x", 1000],
    ["eight megabytes of text", "x".repeat(1024 * 1024), 8],
  ])("reads %s ahead and no more", (_, text, most) =>
    runVirtual(async () => {
      const { work, read } = input([...Array<string>(1500).fill("a"), "b"], text)
      const doors = new Doors("a")
      let furthest = 0
      doors.onStuck = () => {
        furthest = read()
        doors.open("a")
      }
      const lines = modelLanes(work as never, doors, going)
      expect(shown((await lines.next()).value as NumberedLine)).toBe("a0")
      expect(furthest).toBe(most)
      await lines.return()
    }),
  )

  it("sets nothing aside where no line may be waited for", () =>
    runVirtual(async () => {
      const { work, read } = input(["a", "b"])
      const lines = modelLanes(work as never, null, going)
      await lines.next()
      expect(read()).toBe(1)
      await lines.return()
    }))

  it("ends when the run stops, whatever was set aside", () =>
    runVirtual(async () => {
      const { work } = input(["a", "a", "b"])
      const brake = { isSet: false }
      const doors = new Doors("a")
      const given: string[] = []
      for await (const line of modelLanes(work as never, doors, brake)) {
        given.push(shown(line))
        brake.isSet = true
      }
      expect(given).toEqual(["b2"])
    }))
})
