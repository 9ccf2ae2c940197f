import { describe, expect, it } from "vitest"
import { TimeoutError, createTask, joinOnly, run, sleep } from "../../src/index.ts"
import { ChannelClosedError, SharedChannel } from "../../src/executor/index.ts"
import { inThread, until } from "./in-thread.ts"

const quiet = { handleSignals: false }

describe("SharedChannel in one thread", () => {
  it("carries what structured clone takes, oldest first, round and round", async () => {
    const channel = new SharedChannel<unknown>({ capacity: 3, bytes: 512 })
    const values = [
      { a: [1, "two", null, undefined] },
      new Map([["k", new Set([1n])]]),
      new Date(0),
      new Uint8Array([1, 2, 3]),
      undefined,
      "ä".repeat(60),
    ]
    for (let round = 0; round < 20; round += 1) {
      for (const value of values) {
        expect(channel.trySend(value)).toBe(true)
        expect(await channel.receive()).toEqual(value)
      }
    }
    const large = new SharedChannel<unknown>()
    await large.send(new RangeError("no"))
    const error = large.tryReceive()?.value
    expect(error).toBeInstanceOf(RangeError)
    expect(channel.tryReceive()).toBeNull()
  })

  it("senders wait for room, in order, and a large message is not overtaken", () =>
    run(async () => {
      const channel = new SharedChannel<string>({ capacity: 100, bytes: 256 })
      const large = "x".repeat(200)
      await channel.send("a".repeat(100))
      const senders = [large, "c", "d"].map((message) => createTask(() => channel.send(message)))
      await sleep(0)
      expect(channel.trySend("e")).toBe(false)
      expect(channel.statistics()).toMatchObject({ size: 1, senders: 3, sendingThreads: 1 })
      expect((await channel.receive())[0]).toBe("a")
      expect(await channel.receive()).toBe(large)
      expect([await channel.receive(), await channel.receive()]).toEqual(["c", "d"])
      for (const sender of senders) await sender
    }, quiet))

  it("a receiver that is cancelled in the turn it is called takes nothing", () =>
    run(async () => {
      const channel = new SharedChannel<string>()
      const victim = createTask(() => channel.receive())
      const next = createTask(() => channel.receive())
      await sleep(0)
      await channel.send("one")
      victim.cancel()
      await joinOnly(victim).catch(() => {})
      expect(await next).toBe("one")
    }, quiet))

  it("close() lets receivers have the rest, and ends everybody who waits", () =>
    run(async () => {
      const channel = new SharedChannel<number>({ capacity: 1 })
      await channel.send(1)
      const sender = createTask(() => channel.send(2))
      await sleep(0)
      channel.close()
      await expect(joinOnly(sender)).rejects.toThrow(ChannelClosedError)
      await expect(channel.send(3)).rejects.toThrow("Cannot send to shared channel: it was closed")
      expect(() => channel.trySend(3)).toThrow(ChannelClosedError)
      const rest: number[] = []
      for await (const item of channel) rest.push(item)
      expect(rest).toEqual([1])
      expect(() => channel.tryReceive()).toThrow("it was closed and is empty")
      expect(String(channel)).toBe("<SharedChannel size=0/1 senders=0 receivers=0 closed>")
    }, quiet))

  it("refuses what cannot be sent, and sends nothing then", async () => {
    const channel = new SharedChannel<unknown>({ bytes: 128 })
    await expect(channel.send("x".repeat(200))).rejects.toThrow(/has 128 in all; make it with more `bytes`/)
    await expect(channel.send(() => {})).rejects.toThrow(/could not be cloned/)
    await expect(channel.send(Promise.resolve())).rejects.toThrow(TypeError)
    await expect(channel.receive({ timeout: 1 })).rejects.toThrow(TimeoutError)
    await expect(channel.receive({ timeout: "soon" as never })).rejects.toThrow(TypeError)
    expect(() => channel.receiveSync({ timeout: 1 })).toThrow("Timed out after 1 ms")
    await run(() => {
      expect(() => channel.sendSync(1)).toThrow(/await channel.send\(message\)/)
    }, quiet)
    expect(channel.size).toBe(0)
    expect(() => new SharedChannel({ capacity: 0 })).toThrow(RangeError)
    expect(() => new SharedChannel({ bytes: 2 ** 31 })).toThrow(RangeError)
    expect(() => new SharedChannel(3 as never)).toThrow(TypeError)
    expect(() => new SharedChannel(new SharedArrayBuffer(8))).toThrow(/holds nothing of tsyncio's/)
  })
})

describe("SharedChannel between threads", () => {
  it("every message arrives once, those of a sender in order, with cancels in between", async () => {
    const channel = new SharedChannel<{ from: number; n: number }>({ capacity: 8, bytes: 1024 })
    const count = 800
    const data = { buffer: channel.buffer, count }
    const sending = (how: string): string => `
      const channel = new tsyncio.SharedChannel(data.buffer)
      for (let n = 0; n < data.count; n++) ${how}
      return true`
    const receiving = (how: string): string => `
      const channel = new tsyncio.SharedChannel(data.buffer)
      const got = []
      ${how}
      return got`
    const senders = [
      inThread<true>(sending("channel.sendSync({ from: 0, n })"), data),
      inThread<true>(sending("await channel.send({ from: 1, n })"), data),
    ]
    const receivers = [
      inThread<{ from: number; n: number }[]>(receiving("for (const m of channel) got.push(m)"), data),
      inThread<{ from: number; n: number }[]>(receiving("for await (const m of channel) got.push(m)"), data),
    ]
    const mine: { from: number; n: number }[] = []
    await run(async () => {
      const closer = createTask(async () => {
        for (const { result } of senders) expect(await result).toBe(true)
        channel.close()
      })
      for (let i = 0; i < 200; i += 1) {
        const task = createTask(async () => void mine.push(await channel.receive()))
        await sleep(i % 2)
        if (i % 3 > 0) task.cancel()
        await joinOnly(task).catch(() => {})
      }
      await closer
    }, quiet)
    const theirs = (await Promise.all(receivers.map(({ result }) => result))).map((got) => got ?? [])
    const lists = [mine, ...theirs]
    const all = lists.flat().map(({ from, n }) => `${from}:${n}`)
    expect(new Set(all).size).toBe(all.length)
    expect(all).toHaveLength(2 * count)
    for (const list of lists) {
      for (const from of [0, 1]) {
        const numbers = list.filter((one) => one.from === from).map(({ n }) => n)
        expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
      }
    }
  })

  it("a receiver that is ended while it is blocked takes nothing along", async () => {
    const channel = new SharedChannel<string>()
    const blocked = inThread("new tsyncio.SharedChannel(data.buffer).receiveSync()", {
      buffer: channel.buffer,
    })
    await until(() => channel.statistics().receivingThreads === 1)
    const ending = blocked.worker.terminate()
    await channel.send("kept")
    await ending
    expect(await channel.receive({ timeout: 5000 })).toBe("kept")
  })
})
