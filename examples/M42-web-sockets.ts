// Many WebSockets at once, each in its task: messages as an async iterable, all closed with a handshake on cancel.
import { createTask, run, sleep, taskGroup } from "tsyncio"
import { connectWebSocket, startWebSocketServer } from "tsyncio/net"
import type { WebSocketConnection } from "tsyncio/net"

await run(async () => {
  // A room where everybody hears everybody.
  const present = new Set<WebSocketConnection>()
  const codes: (number | null)[] = []
  await using server = await startWebSocketServer(
    async (socket) => {
      present.add(socket)
      try {
        for await (const message of socket) {
          for (const other of present) await other.send(message)
        }
      } finally {
        present.delete(socket)
        codes.push(socket.closeCode)
      }
    },
    { host: "127.0.0.1", port: 0 },
  )

  let heard = 0
  const clients = createTask(() =>
    taskGroup((group) => {
      for (let i = 0; i < 50; i += 1) {
        group.createTask(async () => {
          // `ping` finds a server that is gone without a word, `maxQueue` makes one wait that is too fast.
          await using socket = await connectWebSocket(`ws://127.0.0.1:${server.port}`, {
            ping: 5_000,
            maxQueue: 8,
          })
          for await (const _ of socket) heard += 1
        })
      }
    }),
  )
  while (present.size < 50) await sleep(1)

  await using speaker = await connectWebSocket(`ws://127.0.0.1:${server.port}`)
  await speaker.send("hello, everybody")
  console.log("the speaker hears", await speaker.receive())
  while (heard < 50) await sleep(1)
  console.log("heard by", heard)

  clients.cancel("the evening is over")
  await clients.join().catch((error: unknown) => console.log(String(error)))
  while (codes.length < 50) await sleep(1)
  console.log(`all said goodbye: ${codes.every((code) => code === 1000)}, present: ${present.size}`)
})

// prints:
// the speaker hears hello, everybody
// heard by 50
// CancelledError: Cancelled: the evening is over
// all said goodbye: true, present: 1
