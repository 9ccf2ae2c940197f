import { describe, expect, it } from "vitest"
import { TimeoutError, taskGroup } from "../../src/core/index.ts"
import { clock } from "../../src/core/lowlevel.ts"
import { HttpClient } from "../../src/http/index.ts"
import { ConnectionLine } from "../../src/http/connection-line.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { sleep } from "../../src/time/index.ts"
import { serve } from "./local-server.ts"

describe("ConnectionLine", () => {
  it("acquire() keeps both caps, and who waits for a busy origin blocks no other", async () => {
    await runVirtual(async () => {
      const line = new ConnectionLine(3, 2)
      const log: string[] = []
      await taskGroup(async (group) => {
        const begin = (name: string): void => {
          group.createTask(async () => {
            const place = await line.acquire(name.slice(0, 1))
            log.push(`${name} in`)
            await sleep(10)
            log.push(`${name} out`)
            place.release()
          })
        }
        for (const name of ["a1", "a2", "a3", "a4", "b1", "b2"]) begin(name)
        await sleep(5)
        expect(line.waiting).toBe(3)
      })
      expect(log.join()).toBe("a1 in,a2 in,b1 in,a1 out,a2 out,b1 out,b2 in,a3 in,a4 in,b2 out,a3 out,a4 out")
      expect(line.waiting).toBe(0)
    })
  })

  it("acquire() that is cancelled or out of time holds no place at either", async () => {
    await runVirtual(async () => {
      const line = new ConnectionLine(2, 1)
      const held = await line.acquire("a")
      const other = await line.acquire("b")
      await expect(line.acquire("a", { timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
      await expect(line.acquire("c", { timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
      await taskGroup(async (group) => {
        const waiting = ["a", "c"].map((origin) => group.createTask(() => line.acquire(origin)))
        await sleep(1)
        expect(line.waiting).toBe(2)
        for (const task of waiting) task.cancel()
      })
      expect(line.waiting).toBe(0)
      other.release()
      const third = await line.acquire("c")
      held.release()
      const fourth = await line.acquire("a")
      third.release()
      fourth.release()
    })
  })

  it("a place that was served to a waiter who is cancelled in that turn goes to the next", async () => {
    await runVirtual(async () => {
      const line = new ConnectionLine(5, 1)
      const held = await line.acquire("a")
      await taskGroup(async (group) => {
        const first = group.createTask(() => line.acquire("a"))
        const second = group.createTask(() => line.acquire("a"))
        await sleep(1)
        held.release()
        first.cancel()
        const place = await second
        place.release()
      })
      expect(line.waiting).toBe(0)
      const again = await line.acquire("a")
      again.release()
    })
  })

  it("both waits together take no longer than the limit", async () => {
    await runVirtual(async () => {
      const line = new ConnectionLine(2, 1)
      const places = [await line.acquire("a"), await line.acquire("b")]
      const started = clock.now()
      await taskGroup(async (group) => {
        const late = group.createTask(() =>
          line.acquire("a", { timeout: 10 }).catch((error: unknown) => error),
        )
        await sleep(6)
        places[0]?.release()
        const taken = await line.acquire("c")
        expect(await late).toBeInstanceOf(TimeoutError)
        expect(clock.now() - started).toBe(10)
        taken.release()
      })
    })
  })
})

it("a client sends at most `connectionsPerOrigin` requests to one origin at once", async () => {
  let most = 0
  let running = 0
  const handler = (_: unknown, response: { end(text: string): void }): void => {
    running += 1
    most = Math.max(most, running)
    setTimeout(() => {
      running -= 1
      response.end("a")
    }, 5)
  }
  await using busy = await serve(handler)
  await using free = await serve((_, response) => void response.end("free"))
  await using client = new HttpClient({ connections: 10, connectionsPerOrigin: 2 })
  const asked = Array.from({ length: 20 }, async () => (await client.get(busy.url)).text())
  expect(client.statistics()).toMatchObject({ waiting: 18 })
  expect(await (await client.get(free.url)).text()).toBe("free")
  await Promise.all(asked)
  expect([most, busy.peak]).toEqual([2, 2])
  expect(client.statistics()).toMatchObject({ inFlight: 0, waiting: 0 })
  expect(() => new HttpClient({ connectionsPerOrigin: 0 })).toThrow("`connectionsPerOrigin`")
})
