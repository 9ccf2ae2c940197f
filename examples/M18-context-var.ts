// A variable set in a task is seen by what it calls and by its children, not by its siblings or its creator.
import { ContextVar, createTask, run, sleep, taskGroup } from "tsyncio"

const requestId = new ContextVar("requestId", { default: "none" })

/** Deep below, with no parameter for it. */
async function log(text: string): Promise<void> {
  await sleep(0)
  lines.push(`[${requestId.get()}] ${text}`)
}

const lines: string[] = []

async function handle(id: string): Promise<void> {
  requestId.set(id)
  await log("begin")
  await createTask(() => log("from a child"))
  const token = requestId.set(`${id}/retry`)
  await log("second try")
  requestId.reset(token)
  await log("end")
}

await run(async () => {
  await taskGroup((group) => {
    for (const id of ["r1", "r2"]) group.createTask(() => handle(id))
  })
  await log("the creator")
  console.log(lines.sort().join("\n"))
})

// prints:
// [none] the creator
// [r1/retry] second try
// [r1] begin
// [r1] end
// [r1] from a child
// [r2/retry] second try
// [r2] begin
// [r2] end
// [r2] from a child
