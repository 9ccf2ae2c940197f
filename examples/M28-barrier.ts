// A barrier lets all through when all are there; two limiters that know more than a semaphore does.
import { Barrier, BoundedSemaphore, CapacityLimiter, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const barrier = new Barrier(3)
  const log: string[] = []
  await taskGroup((group) => {
    for (const ms of [10, 20, 30]) {
      group.createTask(async () => {
        await sleep(ms)
        log.push(`ready ${ms}`)
        await barrier.wait()
        log.push("start")
      })
    }
  })
  console.log(log.join(", "))

  barrier.abort()
  await barrier.wait().catch((error: Error) => console.log(error.name))

  const bounded = new BoundedSemaphore(1)
  await bounded.run(() => sleep(1))
  try {
    bounded.release()
  } catch (error) {
    console.log((error as Error).message)
  }

  const limiter = new CapacityLimiter(2)
  await taskGroup(async (group) => {
    for (let i = 0; i < 3; i += 1) group.createTask(() => limiter.run(() => sleep(100)))
    await sleep(5)
    const { total, borrowed, waiting } = limiter.statistics()
    console.log(`of ${total}: ${borrowed} borrowed, ${waiting} waiting`)
    limiter.total = 3
    await sleep(5)
    console.log(`of ${limiter.total}: ${limiter.statistics().borrowed} borrowed`)
  })
  await limiter.run(() => limiter.acquire()).catch((error: Error) => console.log(error.message))
})

// prints:
// ready 10, ready 20, ready 30, start, start, start
// BrokenBarrierError
// Cannot release semaphore: it was released more often than acquired (permits: 1)
// of 2: 2 borrowed, 1 waiting
// of 3: 3 borrowed
// Cannot borrow: this borrower has a token already
