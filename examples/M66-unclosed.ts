// A pool that is dropped without having been closed is named, with the line that opened it.
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Pool, run, sleep } from "tsyncio"
import type { Problem } from "tsyncio"

// Node tells of what is garbage when it collects it; for the example it is asked to do so at once.
setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

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

await run(
  async () => {
    console.log(await handleRequest())
    console.log(await handleRequestWell())
    for (let round = 0; round < 200 && problems.length === 0; round += 1) {
      collectGarbage()
      await sleep(5)
    }
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
