// Callbacks of the loop stand in one line with tasks and waits; timers run by deadline and can be taken back.
import { createTask, getRunningLoop, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const loop = getRunningLoop()
  loop.callSoon(print, "soon", 1)
  const task = createTask(async () => {
    print("task", "a")
    await sleep(0)
    print("task", "a", "again")
  })
  loop.callSoon(() => {
    print("soon adds")
    loop.callSoon(print, "added")
  })
  const gone = loop.callSoon(print, "not reached")
  gone.cancel()
  print("scheduled", gone.cancelled())
  await sleep(0)
  print("after one turn")
  await sleep(0)
  print("after two turns")
  await task
  const start = loop.time()
  loop.callLater(60, print, "later", 60)
  loop.callLater(20, print, "later", 20)
  const handle = loop.callAt(start + 40, print, "not reached")
  loop.callAt(start + 80, print, "at", 80)
  print(handle.when() === start + 40, loop.time() >= start)
  handle.cancel()
  const future = loop.createFuture<string>()
  loop.callLater(100, () => future.setResult("value"))
  print(await future)
}
