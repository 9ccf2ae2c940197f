// Results in the order of the arguments; ten calls of one second together cost one second.
import { gather, run, sleep } from "tsyncio"

await run(async () => {
  const order: number[] = []
  const work = (ms: number) => async (): Promise<number> => {
    await sleep(ms)
    order.push(ms)
    return ms
  }
  console.log("results", await gather([work(300), work(100), work(200)]))
  console.log("finished", order)

  const start = performance.now()
  await gather(Array.from({ length: 10 }, () => () => sleep(1000)))
  console.log(`ten sleeps of 1 s: ${Math.round((performance.now() - start) / 1000)} s`)

  const outcomes = await gather([work(10), () => Promise.reject(new Error("broken"))], {
    returnExceptions: true,
  })
  console.log(outcomes.map((outcome) => (outcome instanceof Error ? outcome.message : outcome)))
})

// prints:
// results [ 300, 100, 200 ]
// finished [ 100, 200, 300 ]
// ten sleeps of 1 s: 1 s
// [ 10, 'broken' ]
