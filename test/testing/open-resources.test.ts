import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { open } from "node:fs/promises"
import type { AddressInfo, Socket } from "node:net"
import { connect, createServer } from "node:net"
import { Worker } from "node:worker_threads"
import { describe, expect, it } from "vitest"
import { findOpened, openResources } from "../../src/testing/index.ts"
import { repository } from "../house/source-tree.ts"

describe("findOpened()", () => {
  it("tells of nothing where nothing was opened, in no time", async () => {
    const before = openResources()
    const start = performance.now()
    for (let i = 0; i < 100; i += 1) {
      openResources()
      expect(await findOpened(before)).toEqual([])
    }
    // Twice a test: below half a millisecond, also on a machine that others use.
    expect((performance.now() - start) / 100).toBeLessThan(5)
  })

  it("names a server and the sockets that are left", async () => {
    const before = openResources()
    const server = createServer().listen(0, "127.0.0.1")
    await once(server, "listening")
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1")
    const [[accepted]] = (await Promise.all([once(server, "connection"), once(client, "connect")])) as [
      [Socket],
      unknown,
    ]
    expect((await findOpened(before)).toSorted()).toEqual([
      "1 server more than before",
      "2 sockets more than before",
    ])
    accepted.destroy()
    client.destroy()
    server.close()
    expect(await findOpened(before)).toEqual([])
  })

  it("names a child process, until it has ended", async () => {
    const before = openResources()
    const child = spawn("sleep", ["100"], { stdio: "ignore" })
    expect(await findOpened(before)).toEqual(["1 child process more than before"])
    child.kill()
    expect(await findOpened(before)).toEqual([])
  })

  it("names a worker thread, also one that does not keep the process", async () => {
    const before = openResources()
    const worker = new Worker("setInterval(() => {}, 1000)", { eval: true })
    worker.unref()
    await once(worker, "online")
    expect(await findOpened(before)).toContain("1 worker thread more than before")
    await worker.terminate()
    expect(await findOpened(before)).toEqual([])
  })

  // Only Linux lists the open files of a process.
  it.runIf(process.platform === "linux")("names a file that is open", async () => {
    const before = openResources()
    const path = join(repository, "package.json")
    const file = await open(path)
    expect(await findOpened(before)).toEqual([`the open file ${path}`])
    await file.close()
    expect(await findOpened(before)).toEqual([])
  })

  it("gives what is closing as much time as it is told, and refuses what is no time", async () => {
    const before = openResources()
    const child = spawn("sleep", ["0.5"], { stdio: "ignore" })
    expect(await findOpened(before, { patience: 0 })).toEqual(["1 child process more than before"])
    expect(child.exitCode).toBe(null)
    expect(await findOpened(before, { patience: 10_000 })).toEqual([])
    await expect(findOpened(before, { patience: -1 })).rejects.toThrow(RangeError)
  })
})
