// A pool that is dropped without having been closed is named, with the line that opened it.
import { Pool, run } from "tsyncio"
import type { Problem } from "tsyncio"

const problems: Problem[] = []

async function handleRequest(): Promise<string> {
  const pool = new Pool({ create: () => ({ isOpen: true }), destroy: () => {}, max: 2 })
  return pool.run(({ isOpen }) => `connected: ${isOpen}`)
}

async function handleRequestWell(): Promise<string> {
  await using pool = new Pool({
    create: () => ({ isOpen: true }),
    destroy: () => console.log("closed"),
    max: 2,
  })
  return await pool.run(({ isOpen }) => `connected: ${isOpen}`)
}

// Told when the run ends, or before that, when Node collects the pool as garbage.
await run(
  async () => {
    console.log(await handleRequest())
    console.log(await handleRequestWell())
  },
  { onProblem: (problem) => void problems.push(problem) },
)
for (const { message, location } of problems) {
  console.log(message)
  console.log("opened in", /handleRequest\w*|M66-[\w-]+/.exec(location ?? "")?.[0])
}

// prints:
// connected: true
// closed
// connected: true
// A pool was never closed; it holds 1 open thing
// opened in handleRequest
