// 10 jobs of 200 ms under 3 permits take ceil(10 / 3) x 200 = 800 ms; never more than 3 are inside.
import { Semaphore, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const gate = new Semaphore(3)
  let inside = 0
  let most = 0
  const start = performance.now()
  await taskGroup((group) => {
    for (let job = 0; job < 10; job += 1) {
      group.createTask(async () => {
        using _permit = await gate.acquire()
        inside += 1
        most = Math.max(most, inside)
        await sleep(200)
        inside -= 1
      })
    }
  })
  const rounds = Math.floor((performance.now() - start + 5) / 200)
  console.log(`${rounds * 200} ms, at most ${most} inside`)
})

// prints:
// 800 ms, at most 3 inside
