// Tests that would hang until the test runner's limit.
import { expect, it } from "vitest"
import { DeadlockError, Event, Queue, cancellable, sleep, taskGroup } from "../../src/index.ts"
import { platformClock } from "../../src/core/lowlevel.ts"
import { runVirtual } from "../../src/testing/index.ts"

it("E4: a test whose tasks all wait for each other fails and names them", async () => {
  const running = runVirtual(
    () =>
      taskGroup((group) => {
        const queue = new Queue<number>()
        group.createTask(() => queue.get(), { name: "one" })
        group.createTask(() => queue.get(), { name: "two" })
      }),
    { stall: 20 },
  )
  const error: unknown = await running.catch((error: unknown) => error)
  expect(error).toBeInstanceOf(DeadlockError)
  expect(String(error)).toContain('task "one" waits for queue get')
  expect(String(error)).toContain('task "two" waits for queue get')
})

it("real I/O that comes in time wakes the tasks, and virtual time goes on", async () => {
  const value = await runVirtual(
    async () => {
      const event = new Event()
      platformClock.startTimer(5, () => event.set())
      await event.wait()
      await sleep(3_600_000)
      return cancellable(new Promise((resolve) => platformClock.startTimer(5, () => resolve(42))))
    },
    { stall: 2000 },
  )
  expect(value).toBe(42)
})

it("can be told to wait for ever", async () => {
  const value = await runVirtual(
    () => cancellable(new Promise((resolve) => platformClock.startTimer(5, () => resolve(1)))),
    { stall: Infinity },
  )
  expect(value).toBe(1)
})
