// Several main functions on one loop.
import { describe, expect, it } from "vitest"
import {
  ContextVar,
  EventLoop,
  Runner,
  createTask,
  currentTask,
  getRunningLoop,
  run,
  sleep,
} from "../../src/index.ts"
import { onVirtualClock } from "./on-virtual-clock.ts"

describe("a runner", () => {
  it("RUN-09: keeps its loop and its context variables from run to run", () =>
    onVirtualClock(async () => {
      await using runner = new Runner()
      const variable = new ContextVar("v", { default: 0 })
      const first = await runner.run(async () => {
        variable.set(1)
        return getRunningLoop()
      })
      const second = await runner.run(async () => [variable.get(), getRunningLoop() === first])
      expect(second).toEqual([1, true])
      expect(runner.getLoop()).toBe(first)
    }))

  it("holds tasks that a run leaves back until the next one, and cancels them at the end", () =>
    onVirtualClock(async () => {
      const log: string[] = []
      const runner = new Runner()
      const task = await runner.run(async () => {
        const left = createTask(async () => {
          try {
            log.push("begun")
            await sleep(10)
            log.push("went on in the second run")
            await sleep(1000)
          } finally {
            log.push("cleaned up")
          }
        })
        await sleep(0)
        return { left }
      })
      expect(log).toEqual(["begun"])
      await runner.run(() => sleep(20))
      expect(log).toEqual(["begun", "went on in the second run"])
      await runner.close()
      expect(log.at(-1)).toBe("cleaned up")
      expect(task.left.cancelled()).toBe(true)
    }))

  it("RUN-10: refuses to run once it is closed; closing twice is fine; its loop is closed", async () => {
    const runner = new Runner()
    await runner.run(async () => 1)
    const loop = runner.getLoop()
    await runner.close()
    await runner.close()
    expect(loop.isClosed()).toBe(true)
    await expect(runner.run(async () => 1)).rejects.toThrow("Cannot run: the runner is closed")
    expect(() => runner.getLoop()).toThrow("the runner is closed")
    await new Runner().close()
  })

  it("RUN-03: refuses a second run meanwhile, and a run inside a run", async () => {
    await using runner = new Runner()
    let called = false
    await runner.run(async () => {
      await expect(runner.run(async () => (called = true))).rejects.toThrow("inside a run")
      await expect(run(async () => (called = true))).rejects.toThrow("call `taskGroup`")
    })
    const first = runner.run(() => sleep(1))
    await expect(runner.run(async () => (called = true))).rejects.toThrow("Cannot run: the runner is running")
    await expect(runner.close()).rejects.toThrow("Cannot close: the runner is running")
    await first
    expect(called).toBe(false)
  })

  it("RUN-08: asks the loop factory once, uses its loop and closes it", async () => {
    const made: EventLoop[] = []
    const loopFactory = (): EventLoop => {
      made.push(new EventLoop())
      return made[0] as EventLoop
    }
    const used = await run(async () => getRunningLoop(), { loopFactory })
    expect(made).toEqual([used])
    expect(used.isClosed()).toBe(true)
  })

  it("gives main's error, and can run on after it", async () => {
    await using runner = new Runner()
    await expect(runner.run(() => Promise.reject(new Error("main")))).rejects.toThrow("main")
    expect(await runner.run(async () => "again")).toBe("again")
  })

  it("RUN-11: a main that cancels itself gives that error", async () => {
    const failed = run(
      async () => {
        currentTask()?.cancel("why")
        await sleep(1)
      },
      { handleSignals: false },
    )
    await expect(failed).rejects.toMatchObject({ name: "CancelledError", reason: "why" })
  })

  it("RUN-16: does not look into what main gives", async () => {
    const opaque = {
      toString: () => {
        throw new Error("looked at")
      },
    }
    expect(await run(async () => opaque)).toBe(opaque)
  })

  it("refuses a loop that another runner is running, which goes on undisturbed", async () => {
    const loop = new EventLoop()
    const one = new Runner({ loopFactory: () => loop })
    const two = new Runner({ loopFactory: () => loop })
    const end = one.run(() => sleep(1, "one"))
    await expect(two.run(() => "two")).rejects.toThrow("Cannot run the loop: it is running already")
    expect(await end).toBe("one")
    expect(await two.run(() => "two")).toBe("two")
    await one.close()
    await expect(two.run(() => "too late")).rejects.toThrow("Cannot use the loop: it is closed")
    await two.close()
  })

  it("can be closed when its loop was closed by hand", async () => {
    const runner = new Runner()
    expect(await runner.run(() => 1)).toBe(1)
    runner.getLoop().close()
    await runner.close()
    expect(() => runner.getLoop()).toThrow("the runner is closed")
  })
})
