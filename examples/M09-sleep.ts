// Sleeping lets the others run; a call that blocks holds up everybody, and every clock.
import { checkpoint, gather, run, sleep } from "tsyncio"

/** What `time.sleep` is in Python: the thread stands still. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

await run(async () => {
  const slept = await timed(() => gather([() => sleep(200), () => sleep(200), () => sleep(200)]))
  console.log(`three sleeps of 200 ms together take ${slept < 500 ? "as long as one" : "longer than one"}`)

  const blocked = await timed(() => gather([() => block(200), () => block(200), () => block(200)]))
  console.log(`three blocking calls take ${blocked < 590 ? "less" : "three times as long"}`)

  // A long computation gives way at a checkpoint, so that the task beside it goes on.
  const compute = async (isPolite: boolean): Promise<void> => {
    let ticks = 0
    const ticker = async (): Promise<void> => {
      for (; ticks < 3; ticks += 1) await sleep(20)
    }
    const computation = async (): Promise<void> => {
      const end = performance.now() + 150
      while (performance.now() < end) if (isPolite) await checkpoint()
      const beside = ticks === 0 ? "stood still" : "went on"
      console.log(`${isPolite ? "polite" : "rude"} computation: the ticker beside it ${beside}`)
    }
    await gather([ticker, computation])
  }
  await compute(false)
  await compute(true)
})

// prints:
// three sleeps of 200 ms together take as long as one
// three blocking calls take three times as long
// rude computation: the ticker beside it stood still
// polite computation: the ticker beside it went on
