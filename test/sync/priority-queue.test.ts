// The most urgent first. What all queues have in common is in queue.test.ts.
import { describe, expect, it } from "vitest"
import { PriorityQueue, Queue, createTask, gather, joinOnly, sleep, taskGroup } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { checkAgainstLists } from "./ranked-model.ts"

interface Job {
  readonly priority: number
  readonly prompt: string
}

const byPriority = (a: Job, b: Job): number => a.priority - b.priority

describe("PriorityQueue", () => {
  it("QUEUE-01: gives the least first, and is a queue", () =>
    runVirtual(async () => {
      const queue = new PriorityQueue<number>()
      expect(queue).toBeInstanceOf(Queue)
      for (const item of [1, 3, 2]) await queue.put(item)
      expect([await queue.get(), await queue.get(), await queue.get()]).toEqual([1, 2, 3])
    }))

  it("QUEUE-02: ties come in order of arrival (not as asyncio: items are ranked by `compare`, not by their parts)", () =>
    runVirtual(async () => {
      const queue = new PriorityQueue<Job>(0, byPriority)
      const prompts = ["c", "a", "b", "d"]
      for (const prompt of prompts) queue.putNowait({ priority: 1, prompt })
      queue.putNowait({ priority: 0, prompt: "first" })
      const taken: string[] = []
      while (!queue.empty()) taken.push((await queue.get()).prompt)
      expect(taken).toEqual(["first", ...prompts])
    }))

  it("ranks strings and bigints without a comparison", () => {
    const words = new PriorityQueue<string>()
    for (const word of ["b", "a", "B"]) words.putNowait(word)
    expect([words.getNowait(), words.getNowait(), words.getNowait()]).toEqual(["B", "a", "b"])
    const numbers = new PriorityQueue<number | bigint>()
    for (const item of [3, 2n, 1.5]) numbers.putNowait(item)
    expect([numbers.getNowait(), numbers.getNowait(), numbers.getNowait()]).toEqual([1.5, 2n, 3])
  })

  it("refuses items that cannot be compared, and stays as it was", () =>
    runVirtual(async () => {
      const queue = new PriorityQueue<unknown>(1)
      for (const item of [{}, undefined, NaN]) {
        expect(() => queue.putNowait(item)).toThrow("pass `compare`")
        await expect(queue.put(item)).rejects.toThrow(TypeError)
      }
      queue.putNowait(1)
      await expect(queue.put("a")).rejects.toThrow("got a string and a number")
      expect(queue.statistics()).toMatchObject({ size: 1, putters: 0, unfinished: 1 })
    }))

  it("what `compare` throws reaches who puts", () =>
    runVirtual(async () => {
      const fault = new Error("cannot compare")
      const queue = new PriorityQueue<number>(0, () => {
        throw fault
      })
      expect(() => queue.putNowait(1)).toThrow(fault)
      await expect(queue.put(1)).rejects.toBe(fault)
      expect(queue.statistics()).toMatchObject({ size: 0, unfinished: 0 })
      expect(() => new PriorityQueue(0, 1 as never)).toThrow(TypeError)
    }))

  it("workers that waited get jobs of one turn by priority, as in asyncio", () =>
    runVirtual(async () => {
      const queue = new PriorityQueue<Job>(0, byPriority)
      const done: string[] = []
      await taskGroup(async (group) => {
        for (let i = 0; i < 2; i += 1) {
          void group.createTask(async () => {
            for await (const job of queue) {
              done.push(job.prompt)
              await sleep(10)
            }
          })
        }
        await sleep(1)
        for (const [priority, prompt] of [
          [3, "low"],
          [1, "high"],
          [2, "middle"],
          [1, "high too"],
        ] as const) {
          await queue.put({ priority, prompt })
        }
        queue.shutdown()
      })
      expect(done).toEqual(["high", "high too", "middle", "low"])
    }))

  it("an urgent item that is put while a getter is on its way goes to that getter", () =>
    runVirtual(async () => {
      const queue = new PriorityQueue<number>()
      const getter = createTask(() => queue.get())
      await sleep(0)
      queue.putNowait(2)
      queue.putNowait(1)
      expect(queue.size).toBe(1)
      expect(queue.getNowait()).toBe(1)
      expect(await getter).toBe(2)
    }))

  it("a getter cancelled in the turn it was served leaves the least for the next", () =>
    runVirtual(async () => {
      const queue = new PriorityQueue<number>()
      const getters = [0, 1].map(() => createTask(() => queue.get()))
      await sleep(0)
      queue.putNowait(2)
      getters[0]?.cancel()
      queue.putNowait(1)
      await joinOnly(getters[0] as (typeof getters)[number]).catch(() => {})
      expect(await getters[1]).toBe(1)
      expect(queue.getNowait()).toBe(2)
    }))

  it("a full queue lets putters in by arrival, and ranks what they bring", () =>
    runVirtual(async () => {
      const queue = new PriorityQueue<number>(1)
      const putters = [3, 2, 1].map((item) => createTask(() => queue.put(item)))
      await sleep(0)
      expect([queue.getNowait(), queue.getNowait(), queue.getNowait()]).toEqual([3, 2, 1])
      await gather(putters)
    }))

  it("tells its state", () => {
    expect(String(new PriorityQueue(2))).toBe(
      "<PriorityQueue size=0 maxSize=2 getters=0 putters=0 unfinished=0>",
    )
  })
})

describe("PriorityQueue against a model", () => {
  it("does what lists do, whatever is put, taken and cancelled when", () =>
    checkAgainstLists(
      (maxSize) => new PriorityQueue(maxSize, (a, b) => a.rank - b.rank),
      (a, b) => a.rank < b.rank || (a.rank === b.rank && a.id < b.id),
    ))
})
