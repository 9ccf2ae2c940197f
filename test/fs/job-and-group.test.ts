import { expect, it } from "vitest"
import { isCancelled, run, sleep, taskGroup } from "../../src/index.ts"
import { findLeaks } from "../../src/testing/index.ts"
import { runJob } from "../../src/fs/file-wait.ts"

it("a cancelled group waits for the file work of a task that its body awaits", async () => {
  let hasEnded = false
  let seen: unknown = null
  await run(() =>
    taskGroup(async (group) => {
      const work = group.createTask(async () => {
        try {
          await runJob("read", "x", undefined, async (signal) => {
            await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))
            for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve))
            hasEnded = true
          })
        } catch (error) {
          seen = isCancelled(error) && hasEnded
          throw error
        }
      })
      group.createTask(async () => {
        await sleep(2)
        group.cancel("enough")
      })
      await work
    }),
  )
  expect(seen).toBe(true)
})

it("a second request ends the wait for file work at once, and no timer is left", async () => {
  let hasEnded = false
  await run(async () => {
    let end = (): void => {}
    await taskGroup(async (group) => {
      const work = group.createTask(() =>
        runJob("read", "x", undefined, () => new Promise<void>((resolve) => (end = resolve))).finally(
          () => (hasEnded = true),
        ),
      )
      await sleep(2)
      work.cancel("first")
      await sleep(2)
      expect(hasEnded).toBe(false)
      work.cancel("second")
      await sleep(2)
      expect(hasEnded).toBe(true)
      expect(findLeaks().filter((leak) => leak.includes("timer"))).toEqual([])
    })
    end()
  })
})
