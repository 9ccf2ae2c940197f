// What does a parked task weigh?
//
// Not a rate: the heap is read before and after, with the collector run by hand.
import { Future, createTask, joinOnly, run, sleep } from "tsyncio"

/** Heap bytes of one task that waits for a future, and of one async function that awaits a promise. */
export async function parkedBytes(count = 100_000): Promise<{ tsyncio: number; bare: number }> {
  const heap = (): number => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  const tsyncio = await run(async () => {
    const gate = new Future<void>()
    const before = heap()
    const tasks = Array.from({ length: count }, () => createTask(() => joinOnly(gate)))
    await sleep(1)
    const bytes = (heap() - before) / count
    gate.setResult()
    await Promise.all(tasks)
    return bytes
  })
  const before = heap()
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => (open = resolve))
  const works = Array.from({ length: count }, async () => gate)
  const bare = (heap() - before) / count
  open()
  await Promise.all(works)
  return { tsyncio, bare }
}
