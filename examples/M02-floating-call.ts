// Work is a function and starts when the runtime starts it; a call that nobody awaits is found and named.
import { stat } from "node:fs/promises"
import { createTask, gather, run, sleep, timeout } from "tsyncio"

async function save(what: string): Promise<void> {
  await sleep(10)
  console.log(`saved ${what}`)
}

/** Reads from somewhere that knows nothing of us, and saves. */
async function load(what: string): Promise<void> {
  await stat(".")
  await save(what)
}

const problems: string[] = []
const onProblem = ({ message, location }: { message: string; location?: string }): void => {
  problems.push(message, `the line is known: ${location?.includes("M02-floating-call") === true}`)
}

await run(
  async () => {
    // Nothing runs yet: these are functions. In Python a coroutine object that is forgotten never runs at all.
    const works = [() => save("a"), () => save("b")]
    console.log("handed over, not started")
    await gather(works)

    // A promise runs already and cannot be cancelled, so it is refused.
    const running = save("c")
    try {
      void createTask(running as unknown as () => Promise<void>)
    } catch (error) {
      console.log((error as Error).message)
    }
    await running

    // The `await` is missing: the call outlives its block, and is named with its line. Linters find it before.
    await timeout(1000, async () => void load("d"))
    await sleep(100)
  },
  { onProblem },
)
console.log(problems.join("\n"))

// A strict run fails instead of going on.
const strict = run(
  async () => {
    await timeout(1000, async () => void load("e"))
    await sleep(60_000)
  },
  { strict: true },
)
await strict.catch((error: Error) => console.log(`${error.name}: ${error.message.split(",")[0]}`))

// prints:
// handed over, not started
// saved a
// saved b
// Expected a function, got a promise: pass `() => …`, or `() => cancellable(promise)` for a promise that exists
// saved c
// saved d
// A call that nobody awaited waits (sleep) after a timeout of 1000 ms has ended; task "main" takes it over
// the line is known: true
// ScopeEndedError: A call that nobody awaited waits (sleep) after a timeout of 1000 ms has ended; task "main" takes it over
