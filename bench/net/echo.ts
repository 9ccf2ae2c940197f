// How much does an echo over TCP carry beside bare sockets, and how quickly does it answer?
//
// Server and clients stand in one process, on both sides of the same kind: ours are a `pipe` and tasks that write,
// drain and read, bare ones the handlers of `node:net`, which pause and resume as a careful program does.
import { once } from "node:events"
import type { AddressInfo, Socket } from "node:net"
import { connect, createServer } from "node:net"
import { taskGroup } from "tsyncio"
import type { Connection, Server } from "tsyncio/net"
import { openConnection, pipe, startServer } from "tsyncio/net"
import type { Preparation, Program, RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const host = "127.0.0.1"
const connections = 10

let server: Server
let open: Connection[] = []
let sockets: Socket[] = []

async function prepare(): Promise<Preparation> {
  server = await startServer((reader, writer) => pipe(reader, writer), { host })
  const { port } = server
  open = await Promise.all(Array.from({ length: connections }, () => openConnection({ host, port })))
  const bare = createServer({ noDelay: true, allowHalfOpen: true }, echoBare).listen(0, host)
  await once(bare, "listening")
  const { port: barePort } = bare.address() as AddressInfo
  sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ host, port: barePort, noDelay: true })
      await once(socket, "connect")
      return socket
    }),
  )
  return {
    async close() {
      for (const { writer } of open) writer.close()
      for (const socket of sockets) socket.destroy()
      bare.close()
      server.close()
      await server.waitClosed()
    },
  }
}

/** What both programs do: each client sends `each` pieces of `size` bytes, of which `ahead` are on their way at once. */
interface Load {
  readonly size: number
  readonly each: number
  readonly ahead: "one" | "as many as fit"
}

function ours({ size, each, ahead }: Load): Program {
  const piece = Buffer.alloc(size, "x")
  return async () => {
    let received = 0
    await taskGroup((group) => {
      for (const { reader, writer } of open) {
        const readBack = async (bytes: number): Promise<void> => {
          for (let back = 0; back < bytes;) {
            const got = await reader.read(bytes - back)
            back += got.length
            received += got.length
          }
        }
        group.createTask(async () => {
          for (let turn = 0; turn < each; turn += 1) {
            writer.write(piece)
            await writer.drain()
            if (ahead === "one") await readBack(size)
          }
        })
        if (ahead !== "one") group.createTask(() => readBack(size * each))
      }
    })
    expectResult(received, connections * each * size)
  }
}

function bare({ size, each, ahead }: Load): Program {
  const piece = Buffer.alloc(size, "x")
  const talk = (socket: Socket): Promise<number> =>
    new Promise((done) => {
      let sent = 0
      let back = 0
      const send = (): void => {
        while (sent < each && (ahead !== "one" || back === sent * size)) {
          sent += 1
          if (!socket.write(piece)) return
        }
      }
      const onData = (data: Buffer): void => {
        back += data.length
        if (back === each * size) {
          socket.off("data", onData).off("drain", send)
          done(back)
        } else if (ahead === "one") send()
      }
      socket.on("data", onData).on("drain", send)
      send()
    })
  return async () => {
    const received = await Promise.all(sockets.map(talk))
    expectResult(
      received.reduce((sum, bytes) => sum + bytes, 0),
      connections * each * size,
    )
  }
}

function echoBare(socket: Socket): void {
  socket.on("error", () => socket.destroy())
  socket.on("data", (data) => {
    if (!socket.write(data)) socket.pause()
  })
  socket.on("drain", () => socket.resume())
  socket.on("end", () => socket.end())
}

function echoQuestion(name: string, what: string, load: Load): RateQuestion {
  return {
    kind: "rate",
    name,
    what: `${connections} clients over one TCP connection each, and an echo in the same process: ${what}`,
    count: connections * load.each,
    slices: 3,
    bareName: "node:net",
    prepare,
    tsyncio: ours(load),
    bare: bare(load),
  }
}

export const tcpEcho: RateQuestion = echoQuestion(
  "tcp-echo",
  "each sends 100 pieces of 64 KiB as fast as they leave, and reads them back; a piece is an operation",
  { size: 65_536, each: 100, ahead: "as many as fit" },
)

export const tcpPingPong: RateQuestion = echoQuestion(
  "tcp-ping-pong",
  "each sends 200 messages of 1 KiB, and reads each back before the next; a message is an operation",
  { size: 1_024, each: 200, ahead: "one" },
)
