// Ten tasks each read, wait and write one counter: with a lock it is 10, without it 1.
import { Lock, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const lock = new Lock()
  let counter = 0
  const increment = async (): Promise<void> => {
    const read = counter
    await sleep(10)
    counter = read + 1
  }

  await taskGroup((group) => {
    for (let i = 0; i < 10; i += 1) group.createTask(increment)
  })
  console.log(`without a lock: ${counter}`)

  counter = 0
  await taskGroup((group) => {
    for (let i = 0; i < 10; i += 1) {
      group.createTask(async () => {
        using _permit = await lock.acquire()
        await increment()
      })
    }
  })
  console.log(`with a lock: ${counter}; locked now: ${lock.locked()}`)
})

// prints:
// without a lock: 1
// with a lock: 10; locked now: false
