// A bounded buffer with 6 producers and 6 consumers: `waitFor` looks again after each notice.
import { Condition, run, sleep, taskGroup } from "tsyncio"

await run(async () => {
  const condition = new Condition()
  const buffer: string[] = []
  const bound = 3
  let fullest = 0
  const consumed: string[] = []

  const produce = (item: string): Promise<void> =>
    condition.run(async () => {
      await condition.waitFor(() => buffer.length < bound)
      buffer.push(item)
      fullest = Math.max(fullest, buffer.length)
      condition.notifyAll()
    })
  const consume = (): Promise<void> =>
    condition.run(async () => {
      await condition.waitFor(() => buffer.length > 0)
      consumed.push(buffer.shift() ?? "")
      condition.notifyAll()
    })

  await taskGroup((group) => {
    for (let i = 1; i <= 6; i += 1) {
      group.createTask(async () => {
        for (let item = 1; item <= 5; item += 1) await produce(`${i}.${item}`)
      })
      group.createTask(async () => {
        for (let item = 1; item <= 5; item += 1) {
          await consume()
          await sleep(i)
        }
      })
    }
  })
  console.log(`${consumed.length} consumed, ${new Set(consumed).size} of them different`)
  console.log(`at most ${fullest} in the buffer, ${buffer.length} left`)
})

// prints:
// 30 consumed, 30 of them different
// at most 3 in the buffer, 0 left
