// As many connections as the descriptors of a process allow, 9,000 if they do, to a server in a process of its own.
import type { ChildProcess } from "node:child_process"
import { fork, spawnSync } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { expect, it } from "vitest"
import { CancelledError, Semaphore, allTasks, createTask, run, sleep, taskGroup } from "../../src/index.ts"
import { openConnection } from "../../src/net/index.ts"
import type { ServerStatistics } from "../../src/net/index.ts"
import { openHandles, text, until } from "./local-ends.ts"

/** Descriptors that a process here may have open. */
function descriptors(): number {
  const { stdout } = spawnSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" })
  return Number.parseInt(stdout, 10) || 1_024
}

async function ask(child: ChildProcess): Promise<ServerStatistics> {
  child.send("statistics")
  const [told] = (await once(child, "message")) as [ServerStatistics]
  return told
}

it("M48: 9,000 connections, or as many as there are descriptors for, echo, and are all cancelled at once: nothing is left open", async ({
  annotate,
}) => {
  const count = Math.min(9_000, descriptors() - 300)
  await annotate(`${count} connections, as a process here may have ${descriptors()} descriptors open`)
  const child = fork(join(import.meta.dirname, "echo-server.mjs"), {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  })
  const [port] = (await once(child, "message")) as [number]
  const before = openHandles().length
  try {
    await run(async () => {
      // Not all at the door at once: the system's line for those who knock is short.
      const door = new Semaphore(200)
      let ready = 0
      const clients = createTask(() =>
        taskGroup((group) => {
          for (let i = 0; i < count; i += 1) {
            group.createTask(async () => {
              await using connection = await door.run(() => openConnection({ host: "127.0.0.1", port }))
              const { reader, writer } = connection
              writer.write(`number ${i}\n`)
              await writer.drain()
              expect(text(await reader.readLine())).toBe(`number ${i}\n`)
              ready += 1
              await reader.readLine()
            })
          }
        }),
      )
      await until(() => ready === count || clients.done())
      expect(await ask(child)).toEqual({ open: count, accepted: count, failed: 0 })
      expect(openHandles().length).toBeGreaterThanOrEqual(count)
      clients.cancel("all at once")
      await expect(Promise.resolve(clients)).rejects.toThrow(CancelledError)
      expect(allTasks().size).toBe(1)
      expect(openHandles().length).toBeLessThanOrEqual(before)
      while ((await ask(child)).open > 0) await sleep(5)
      expect(await ask(child)).toEqual({ open: 0, accepted: count, failed: 0 })
    })
  } finally {
    child.kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
  }
  expect(child.exitCode).toBe(143)
}, 60_000)
