import type { LookupAddress } from "node:dns"
import type { Socket } from "node:net"
import { describe, expect, it } from "vitest"
import { HttpClient } from "../../src/http/index.ts"
import { Connector } from "../../src/http/connector.ts"
import { DnsCache } from "../../src/http/dns-cache.ts"
import { serve, until } from "./local-server.ts"

/** Connects to a name that has these addresses. */
function connecting(addresses: string[]): {
  connector: Connector
  asked: string[]
  open(port: number): Promise<Socket>
} {
  const asked: string[] = []
  const found: LookupAddress[] = addresses.map((address) => ({
    address,
    family: address.includes(":") ? 6 : 4,
  }))
  const names = new DnsCache(10_000, (name, done) => {
    asked.push(name)
    void Promise.resolve().then(() => done(null, found))
  })
  const connector = new Connector(10, names)
  const open = (port: number): Promise<Socket> =>
    new Promise((resolve, reject) => {
      const target = { hostname: "name.example", protocol: "http:", port: String(port) }
      connector.open(target, (error, socket) => (error === null ? resolve(socket) : reject(error)))
    })
  return { connector, asked, open }
}

describe("a name with several addresses", () => {
  it.each([
    ["refuses", "127.0.0.2"],
    ["cannot be reached", "::1"],
    ["does not answer", "192.0.2.1"],
  ])("is reached at the second when the first one %s", async (_, first) => {
    await using server = await serve(() => {})
    const { connector, open } = connecting([first, "127.0.0.1"])
    const socket = await open(server.port)
    expect(socket.remoteAddress).toBe("127.0.0.1")
    await connector.close()
    expect(connector.size).toBe(0)
  })

  it("of which none can be reached says so for each, and is asked for again", async () => {
    const server = await serve(() => {})
    await server[Symbol.asyncDispose]()
    const { connector, asked, open } = connecting(["127.0.0.2", "127.0.0.3"])
    const error = await open(server.port).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: "ECONNREFUSED" })
    expect((error as AggregateError).errors).toHaveLength(2)
    await open(server.port).catch(() => {})
    expect(asked).toHaveLength(2)
    await connector.close()
  })

  it("gives an error of the client that names them", async () => {
    const server = await serve(() => {})
    const { port } = server
    await server[Symbol.asyncDispose]()
    await using client = new HttpClient({ retries: 0 })
    await expect(client.get(`http://localhost:${port}/`)).rejects.toThrow(/: connect ECONNREFUSED .*:\d+$/)
  })
})

describe("the cap on sockets", () => {
  it("holds over all hosts: the one that was idle longest is closed for a new one", async () => {
    const servers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => serve((_, response) => void response.end("a"))),
    )
    const client = new HttpClient({ connections: 3 })
    const open = (): number[] => servers.map(({ sockets }) => sockets.size)
    const ask = async (index: number): Promise<void> => {
      await (await client.get(servers[index]?.url ?? "")).text()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    for (const index of [0, 1, 2]) await ask(index)
    expect(open()).toEqual([1, 1, 1, 0, 0])
    await ask(0)
    expect(open()).toEqual([1, 1, 1, 0, 0])
    await ask(3)
    await until(() => open().join() === "1,0,1,1,0")
    await ask(4)
    await until(() => open().join() === "1,0,0,1,1")
    expect(client.statistics().sockets).toBe(3)
    await ask(1)
    await until(() => open().join() === "0,1,0,1,1")
    await client.close()
    for (const server of servers) await server[Symbol.asyncDispose]()
  })

  it("never closes one that is in use", async () => {
    const servers = await Promise.all(
      [1, 2, 3, 4].map(() => serve((_, response) => void setTimeout(() => response.end("a"), 5))),
    )
    const client = new HttpClient({ connections: 2, retries: 0 })
    const asked = Array.from({ length: 200 }, async (_, index) =>
      (await client.get(servers[(index * 7) % 4]?.url ?? "")).text(),
    )
    expect(new Set(await Promise.all(asked))).toEqual(new Set(["a"]))
    await client.close()
    for (const server of servers) await server[Symbol.asyncDispose]()
  })
})
