// Everything of sockets that waits, cancelled in each of its turns: nothing is left open, and the other side is well.
//
// Sockets know no virtual clock, so that a moment is a number of turns of the event loop here. A scenario is played with
// more and more of them until it comes to its end before the cancel does.
import { expect, it } from "vitest"
import { allTasks, createTask, getRunningLoop, isCancelled, run, sleep } from "../../src/index.ts"
import {
  connectWebSocket,
  openConnection,
  pipe,
  startServer,
  startWebSocketServer,
} from "../../src/net/index.ts"
import { waitingNames } from "../proof/waiting-names.ts"
import { cert, key } from "./certificate.ts"
import { openHandles, until } from "./local-ends.ts"

const host = "127.0.0.1"

/** Servers that stand by; they must be without connections after each play. */
interface Stage {
  readonly port: number
  readonly tlsPort: number
  readonly url: string
}

interface Scenario {
  readonly names: readonly string[]
  readonly victim: (stage: Stage) => Promise<unknown>
}

const echoing = (options: object) =>
  startServer((reader, writer) => pipe(reader, writer), { host, ...options })

const scenarios: readonly Scenario[] = [
  {
    names: ["openConnection"],
    victim: async ({ port }) => {
      await using _ = await openConnection({ host: "localhost", port, family: 4 })
    },
  },
  {
    names: ["openConnection"],
    victim: async ({ tlsPort: port }) => {
      await using _ = await openConnection({ host: "localhost", port, family: 4 }, { tls: { ca: cert } })
    },
  },
  {
    names: ["StreamWriter.startTls"],
    victim: async ({ tlsPort: port }) => {
      await using connection = await openConnection({ host, port })
      await connection.writer.startTls({ ca: cert })
    },
  },
  {
    names: ["startServer", "Server.[Symbol.asyncDispose]"],
    victim: async () => {
      await using _ = await echoing({})
      await sleep(0)
    },
  },
  {
    names: ["Server.startServing", "Server.waitClosed"],
    victim: async () => {
      const server = await echoing({ startServing: false })
      await server.startServing()
      server.close()
      await server.waitClosed()
    },
  },
  {
    names: ["Server.serveForever"],
    victim: async () => {
      const server = await echoing({ startServing: false })
      const closing = createTask(async () => {
        await sleep(5)
        server.close()
      })
      await server.serveForever()
      await closing
    },
  },
  {
    names: [
      "connectWebSocket",
      "WebSocketConnection.send",
      "WebSocketConnection.receive",
      "WebSocketConnection.close",
    ],
    victim: async ({ url }) => {
      const socket = await connectWebSocket(url)
      try {
        await socket.send("hello")
        await socket.receive()
      } finally {
        await socket.close()
      }
    },
  },
  {
    names: ["WebSocketConnection.[Symbol.asyncIterator]", "WebSocketConnection.[Symbol.asyncDispose]"],
    victim: async ({ url }) => {
      await using socket = await connectWebSocket(url)
      await socket.send("hello")
      for await (const _ of socket) break
    },
  },
  {
    names: ["WebSocketConnection.waitClosed"],
    victim: async ({ url }) => {
      await using socket = await connectWebSocket(`${url}/bye`)
      await socket.waitClosed()
    },
  },
  {
    names: ["startWebSocketServer"],
    victim: async () => {
      await using _ = await startWebSocketServer(() => {}, { host })
    },
  },
]

it.each(scenarios.map((scenario) => ({ title: scenario.names.join(", "), scenario })))(
  "$title: cancelled in each of its turns, leaves nothing open",
  ({ scenario }) =>
    run(async () => {
      // A handler whose client is gone in the middle says so; that is in order here.
      getRunningLoop().setExceptionHandler((_, { message }) =>
        expect(message).toMatch(/handler of a connection/),
      )
      await using plain = await echoing({})
      await using tls = await echoing({ tls: { key, cert } })
      await using web = await startWebSocketServer(
        async (socket, request) => {
          if (request.url !== "/bye") for await (const message of socket) await socket.send(message)
        },
        { host },
      )
      const stage = { port: plain.port, tlsPort: tls.port, url: `ws://${host}:${web.port}` }
      await until(() => openHandles().length > 0)
      const before = openHandles().length
      const tasks = allTasks().size
      let cancels = 0
      for (let turns = 0; ; turns += 1) {
        const victim = createTask(() => scenario.victim(stage))
        for (let turn = 0; turn < turns && !victim.done(); turn += 1) await sleep(0)
        const wasAsked = victim.cancel()
        const error: unknown = await victim.join().then(
          () => null,
          (thrown: unknown) => thrown,
        )
        if (error !== null && !isCancelled(error)) throw error as Error
        if (error !== null) cancels += 1
        await until(() => plain.statistics().open + tls.statistics().open + web.statistics().open === 0)
        await until(() => openHandles().length <= before && allTasks().size <= tasks)
        if (!wasAsked) break
      }
      expect(cancels).toBeGreaterThan(2)
    }),
)

it("nothing of this door that waits is without a scenario here, or among those of streams", () => {
  const covered = new Set(scenarios.flatMap(({ names }) => names))
  const ofStreams = new Set(waitingNames("stream"))
  const missing = waitingNames("net").filter((name) => !covered.has(name) && !ofStreams.has(name))
  expect(missing).toEqual([])
})
