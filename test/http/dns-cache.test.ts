import type { LookupAddress } from "node:dns"
import { describe, expect, it } from "vitest"
import { HttpClient } from "../../src/http/index.ts"
import { DnsCache } from "../../src/http/dns-cache.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { sleep } from "../../src/time/index.ts"
import { serve } from "./local-server.ts"

const both: LookupAddress[] = [
  { address: "::1", family: 6 },
  { address: "127.0.0.1", family: 4 },
]

function counting(answer: (name: string) => LookupAddress[] | Error): { asked: string[]; cache: DnsCache } {
  const asked: string[] = []
  const cache = new DnsCache(1_000, (name, done) => {
    asked.push(name)
    const found = answer(name)
    void Promise.resolve().then(() => (found instanceof Error ? done(found, []) : done(null, found)))
  })
  return { asked, cache }
}

function all(cache: DnsCache, name: string, family = 0): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    cache.lookup(name, { all: true, family }, (error, found) => {
      if (error === null) resolve(found as LookupAddress[])
      else reject(error)
    })
  })
}

describe("DnsCache", () => {
  it("asks once for many who ask at once, and again when the answer is old", async () => {
    await runVirtual(async () => {
      const { asked, cache } = counting(() => both)
      expect(await Promise.all([all(cache, "a"), all(cache, "a"), all(cache, "b")])).toEqual([
        both,
        both,
        both,
      ])
      expect(await all(cache, "a")).toEqual(both)
      expect(asked).toEqual(["a", "b"])
      await sleep(1_001)
      await all(cache, "a")
      expect(asked).toEqual(["a", "b", "a"])
    })
  })

  it("does not remember a failure", async () => {
    const failure = Object.assign(new Error("getaddrinfo ENOTFOUND a"), { code: "ENOTFOUND" })
    const { asked, cache } = counting(() => failure)
    await expect(all(cache, "a")).rejects.toBe(failure)
    await expect(all(cache, "a")).rejects.toBe(failure)
    expect(asked).toEqual(["a", "a"])
  })

  it("gives one family, or one address, when that is what is asked for", async () => {
    const { cache } = counting(() => both)
    expect(await all(cache, "a", 4)).toEqual([both[1]])
    const one = await new Promise((resolve) => {
      cache.lookup("a", { family: "IPv4" }, (error, address, family) => resolve([error, address, family]))
    })
    expect(one).toEqual([null, "127.0.0.1", 4])
    const { cache: only6 } = counting(() => [both[0] as LookupAddress])
    await expect(all(only6, "a", 4)).rejects.toMatchObject({ code: "ENOTFOUND" })
  })

  it("forgets the oldest of a thousand names", async () => {
    const { asked, cache } = counting(() => both)
    for (let index = 0; index <= 1_000; index += 1) await all(cache, `host-${index}`)
    await all(cache, "host-1000")
    expect(asked).toHaveLength(1_001)
    await all(cache, "host-0")
    expect(asked).toHaveLength(1_002)
  })

  it("serves a client that connects to a name", async () => {
    await using server = await serve((request, response) => void response.end(request.headers.host))
    await using client = new HttpClient({ retries: 0 })
    const url = `http://localhost:${server.port}/`
    expect(await (await client.get(url)).text()).toBe(`localhost:${server.port}`)
    await expect(client.get("http://no-such-name.invalid/")).rejects.toMatchObject({
      code: "E_HTTP_CONNECTION",
      phase: "connect",
      requestSent: false,
    })
  })
})
