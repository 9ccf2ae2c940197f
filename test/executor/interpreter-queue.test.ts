import { describe, expect, it } from "vitest"
import {
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  createTask,
  joinOnly,
  run,
  sleep,
} from "../../src/index.ts"
import { InterpreterQueue } from "../../src/executor/index.ts"

const quiet = { handleSignals: false }

describe("InterpreterQueue", () => {
  it("is a queue: bounded, in order, with the errors of one", () =>
    run(async () => {
      const queue = new InterpreterQueue<string>(2)
      expect(() => queue.getNowait()).toThrow(QueueEmptyError)
      queue.putNowait("a")
      await queue.put("b")
      expect([queue.full(), queue.empty(), queue.size, queue.maxSize]).toEqual([true, false, 2, 2])
      expect(() => queue.putNowait("c")).toThrow(QueueFullError)
      const putting = createTask(() => queue.put("c"))
      await sleep(0)
      expect(queue.statistics()).toEqual({ size: 2, maxSize: 2, getters: 0, putters: 1, isShutDown: false })
      expect(await queue.get()).toBe("a")
      await putting
      queue.shutdown()
      await expect(queue.put("d")).rejects.toThrow(QueueShutDownError)
      const rest: string[] = []
      for await (const item of queue) rest.push(item)
      expect(rest).toEqual(["b", "c"])
      await expect(queue.get()).rejects.toThrow("Cannot get from queue: it was shut down and is empty")
      expect(String(queue)).toBe("<InterpreterQueue size=0 maxSize=2 getters=0 putters=0 shut down>")
    }, quiet))

  it("a getter that is cancelled takes nothing", () =>
    run(async () => {
      const queue = new InterpreterQueue<number>(0)
      expect(queue.maxSize).toBe(0)
      const victim = createTask(() => queue.get())
      await sleep(0)
      queue.putNowait(1)
      victim.cancel()
      await joinOnly(victim).catch(() => {})
      expect(queue.getNowait()).toBe(1)
    }, quiet))

  it("blocks no main thread under a run; outside it does", async () => {
    const queue = new InterpreterQueue<number>(1)
    await run(() => {
      expect(() => queue.getSync()).toThrow(/a run is going on/)
    }, quiet)
    queue.putSync(7)
    expect(queue.getSync()).toBe(7)
    expect(() => queue.getSync({ timeout: 1 })).toThrow("Timed out")
    expect(() => new InterpreterQueue("2" as never)).toThrow(TypeError)
  })
})
