import { describe, expect, it } from "vitest"
import type { MessageRing as Ring } from "../../src/executor/message-ring.ts"
import type { Steps, Trial } from "./interleavings.ts"
import { SteppedAtomics, someSchedules, steppedModule } from "./interleavings.ts"

interface SteppedRing {
  push(message: Uint8Array): Steps<ReturnType<Ring["push"]>>
  pop(): Steps<ReturnType<Ring["pop"]>>
  close(): Steps
}

const atomics = new SteppedAtomics()
const { MessageRing, ringWords } = steppedModule("executor/message-ring.js", atomics) as unknown as {
  readonly MessageRing: (new (words: Int32Array, base: number, start: number) => SteppedRing) & {
    clear(words: Int32Array, base: number, capacity: number, bytes: number): Steps
  }
  readonly ringWords: number
}

/** Two senders, two receivers; the last sender closes. Who finds no room or no message tries again. */
function trial(): Trial {
  const words = new Int32Array(new SharedArrayBuffer((ringWords + 8) * 4))
  MessageRing.clear(words, 0, 2, 32).next()
  const ring = new MessageRing(words, 0, ringWords * 4)
  const got: string[][] = [[], []]
  let sending = 2
  function* send(id: number): Steps {
    for (let n = 0; n < 3; n += 1) {
      const message = new Uint8Array(3 + n).fill(16 * id + n)
      while ((yield* ring.push(message)) !== true) yield undefined
    }
    sending -= 1
    if (sending === 0) yield* ring.close()
  }
  function* receive(id: number): Steps {
    for (;;) {
      const message = yield* ring.pop()
      if (message === null) return
      if (message !== undefined) got[id]?.push([...message].join(" "))
      else yield undefined
    }
  }
  return {
    agents: [send(0), send(1), receive(0), receive(1)].map((steps) => ({ steps })),
    settle: () => {
      const wanted = [0, 1].flatMap((id) =>
        [0, 1, 2].map((n) =>
          Array(3 + n)
            .fill(16 * id + n)
            .join(" "),
        ),
      )
      if (got.flat().toSorted().join() !== wanted.toSorted().join())
        throw new Error(`got ${got.flat().join()}`)
      for (const list of got) {
        for (const id of [0, 1]) {
          const mine = list.map((text) => Number(text.split(" ")[0])).filter((n) => n >> 4 === id)
          if (mine.join() !== mine.toSorted((a, b) => a - b).join()) throw new Error(`order ${mine.join()}`)
        }
      }
    },
  }
}

describe("the ring of messages, with its steps in any order", () => {
  it("gives each message once, whole, and those of a sender in order, to the last before it was closed", () => {
    expect(() => someSchedules(atomics, trial, { count: 600 })).not.toThrow()
  })
})
