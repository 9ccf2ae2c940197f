// A queue with a bound: producers wait for consumers, `shutdown()` ends them all, `join()` waits for the work.
import { Queue, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const queue = new Queue<number>(2)
  const done: number[] = []
  await taskGroup(async (group) => {
    for (const name of ["a", "b", "c"]) {
      group.createTask(
        async () => {
          for await (const item of queue) {
            await sleep(10)
            done.push(item)
            queue.taskDone()
          }
        },
        { name },
      )
    }
    for (let item = 1; item <= 9; item += 1) await queue.put(item)
    await queue.join()
    queue.shutdown()
  })
  console.log(done.sort((a, b) => a - b).join(" "))
})

// prints:
// 1 2 3 4 5 6 7 8 9
