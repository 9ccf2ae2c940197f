// Lock, semaphores and capacity limiter: never more inside than may be, nobody left outside, as a counter would do it.
import { BoundedSemaphore, CapacityLimiter, Lock, Semaphore, sleep } from "../../src/index.ts"
import { History } from "./history.ts"
import type { Model } from "./history.ts"
import type { Trial } from "./prove.ts"
import { must, prove } from "./prove.ts"

interface Gate {
  acquire(): Promise<unknown>
  release(): void
  locked(): boolean
}

/** So many are free; `acquire` takes one, `release` gives one back. */
function counter(free: number): Model<number> {
  return {
    start: free,
    apply(state, { name }) {
      if (name === "release") return [state + 1]
      return state > 0 ? [state - 1] : []
    },
  }
}

/** Three tasks come in, stay for a turn and go; so many may be inside. */
function gateTrial(gate: Gate, room: number, rounds: number): Trial {
  const history = new History()
  const came: number[] = []
  const letIn: number[] = []
  let inside = 0
  const visit = async (id: number): Promise<void> => {
    came.push(id)
    await history.note("acquire", () => gate.acquire())
    letIn.push(id)
    inside += 1
    must(inside <= room, `at most ${room} inside`)
    try {
      await sleep(0)
    } finally {
      inside -= 1
      await history.note("release", () => gate.release())
    }
  }
  return {
    bodies: [0, 1, 2].map((id) => async () => {
      for (let round = 0; round < rounds; round += 1) await visit(id)
    }),
    check() {
      history.expect(counter(room))
      if (room === 1 && rounds === 1) {
        const stayed = came.filter((id) => letIn.includes(id))
        must(String(letIn) === String(stayed), "let in by order of arrival")
      }
      must(!gate.locked() && inside === 0, "free at the end")
    },
  }
}

prove("lock", (rounds) => gateTrial(new Lock(), 1, rounds), { rounds: 3 })
prove("semaphore of one", (rounds) => gateTrial(new Semaphore(1), 1, rounds), { rounds: 3 })
prove("semaphore of two", (rounds) => gateTrial(new Semaphore(2), 2, rounds), { rounds: 2 })
// Another check in the `release` of the one above; its waiting is the same code.
prove("bounded semaphore", (rounds) => gateTrial(new BoundedSemaphore(2), 2, rounds), { longRounds: 2 })
prove("capacity limiter", (rounds) => gateTrial(new CapacityLimiter(2), 2, rounds), { rounds: 2 })
