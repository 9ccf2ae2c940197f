// Testing: a lost update that one test run never shows, found, told turn by turn, and proven mended.
import { createTask, Lock, Semaphore, sleep } from "tsyncio"
import { ExploreError, explore } from "tsyncio/testing"

interface Gate {
  run(fn: () => Promise<void>): Promise<void>
}

/** Two deposits into one account; the slow one waits between reading and writing. */
const deposits = (makeGate: () => Gate) => async () => {
  const gate = makeGate()
  let balance = 0
  const deposit = (isSlow: boolean) => () =>
    gate.run(async () => {
      const read = balance
      if (isSlow) await sleep(0)
      balance = read + 1
    })
  const quick = createTask(deposit(false), { name: "quick" })
  const slow = createTask(deposit(true), { name: "slow" })
  await quick
  await slow
  if (balance !== 2) throw new Error(`the balance is ${balance}`)
}

// A semaphore of two is no lock.
try {
  await explore(deposits(() => new Semaphore(2)))
} catch (error) {
  if (!(error instanceof ExploreError)) throw error
  console.log(error.message)
}

const { schedules } = await explore(
  deposits(() => new Lock()),
  { exhaustive: true },
)
console.log(`with a lock: right in all ${schedules} orders`)

// prints:
// The program fails (schedule 1, seed 1): Error: the balance is 1
// Minimal interleaving, 1 turn out of order (no schedule with fewer fails so):
//   task "main" starts
//   (out of order, ahead of: task "quick" starts)
//   task "slow" starts
//   task "quick" starts
//   task "slow" goes on after sleep
//   task "main" goes on after future
// Once more: explore(program, { seed: 1, replay: "0:1" })
// with a lock: right in all 5 orders
