import { describe, expect, it } from "vitest"
import { EventStreamError, HttpClient, HttpConnectionError, HttpStatusError } from "../../src/http/index.ts"
import type { ServerSentEvent } from "../../src/http/index.ts"
import { readEvents } from "../../src/http/read-events.ts"
import { bodyOf, serve, until } from "./local-server.ts"

async function* pieces(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

async function read(events: AsyncIterable<ServerSentEvent>): Promise<ServerSentEvent[]> {
  const all: ServerSentEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

const message = (data: string, event = "message", id = ""): ServerSentEvent => ({ event, data, id })

const stream = Buffer.from(
  "\ufeff: a comment\n" +
    "data: für 🌻\n\n" +
    "event: named\r\ndata: one\r\ndata: two\r\nid: 7\r\n\r\n" +
    ":keep-alive\n\n" +
    "retry: 100\nunknown: x\ndata\ndata:  spaced\n\n" +
    "event: no data\n\n" +
    'data: {"a":"\\n"}\rid\r\r' +
    "data: [DONE]\n\n",
)
const events: ServerSentEvent[] = [
  message("für 🌻"),
  message("one\ntwo", "named", "7"),
  message("\n spaced", "message", "7"),
  message('{"a":"\\n"}', "message", "7"),
  message("[DONE]", "message", ""),
]
// A field `id` without a value takes the id away.
events[3] = { ...(events[3] as ServerSentEvent), id: "" }

describe("readEvents()", () => {
  it("gives the events of a stream that comes in one piece", async () => {
    expect(await read(readEvents(pieces(stream)))).toEqual(events)
  })

  it("gives the same events wherever the bytes are cut in two", async () => {
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(
        await read(readEvents(pieces(stream.subarray(0, cut), stream.subarray(cut)))),
        `cut at ${cut}`,
      ).toEqual(events)
    }
  })

  it("gives the same events when each byte comes alone", async () => {
    expect(await read(readEvents(pieces(...Array.from(stream, (byte) => Uint8Array.of(byte)))))).toEqual(
      events,
    )
  })

  it("marks a last event without its empty line, and only that one", async () => {
    const cut = async (text: string): Promise<ServerSentEvent[]> =>
      read(readEvents(pieces(Buffer.from(text))))
    const truncated = { ...message("b"), truncated: true }
    expect(await cut("data: a\n\ndata: b\n")).toEqual([message("a"), truncated])
    expect(await cut("data: a\n\ndata: b")).toEqual([message("a"), truncated])
    expect(await cut("data: a\r\n\r\ndata: b\r\n")).toEqual([message("a"), truncated])
    expect(await cut("data: a\n\n: comment")).toEqual([message("a")])
    expect(await cut("data: a\r\r")).toEqual([message("a")])
    expect(await cut("data: a\r\n\r")).toEqual([message("a")])
    expect(await cut("")).toEqual([])
  })

  it("refuses an event above the limit, also one that never ends", async () => {
    const line = Buffer.from(`data: ${"x".repeat(600)}`)
    const more = Buffer.from("x".repeat(600))
    await expect(read(readEvents(pieces(line, more), 1_000))).rejects.toMatchObject({ reason: "too-large" })
    const lines = Array.from({ length: 20 }, () => Buffer.from(`data: ${"x".repeat(100)}\n`))
    await expect(read(readEvents(pieces(...lines), 1_000))).rejects.toBeInstanceOf(EventStreamError)
    const small = Array.from({ length: 20 }, () => Buffer.from(`data: ${"x".repeat(100)}\n\n`))
    expect(await read(readEvents(pieces(...small), 1_000))).toHaveLength(20)
  })
})

describe("client.events()", () => {
  const type = { "content-type": "text/event-stream; charset=utf-8" }

  it("gives events as they come, and asks for them", async () => {
    await using server = await serve(async (request, response) => {
      response.writeHead(200, type)
      response.write(`data: ${request.method} ${request.headers.accept} ${await bodyOf(request)}\n\n`)
      setTimeout(() => response.end("data: later\n\n"), 10)
    })
    await using client = new HttpClient({ baseUrl: server.url })
    expect(await read(client.events("/"))).toEqual([message("GET text/event-stream "), message("later")])
    expect(await read(client.events("/", { json: 1 }))).toEqual([
      message("POST text/event-stream 1"),
      message("later"),
    ])
    expect((await read(client.events("/", { method: "PUT" })))[0]?.data).toContain("PUT")
    expect(server.opened).toBeLessThanOrEqual(2)
  })

  it("leaving the loop closes the connection", async () => {
    await using server = await serve((_, response) => void response.writeHead(200, type).write("data: a\n\n"))
    await using client = new HttpClient({ baseUrl: server.url })
    for await (const { data } of client.events("/")) {
      expect(data).toBe("a")
      break
    }
    expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
    await until(() => server.sockets.size === 0)
  })

  it("a stream that breaks off throws after its events; one that ends early is marked", async () => {
    await using server = await serve((request, response) => {
      response.writeHead(200, type).write("data: a\n\ndata: b")
      if (request.url === "/broken") setTimeout(() => response.destroy(), 10)
      else response.end()
    })
    await using client = new HttpClient({ baseUrl: server.url, retries: 5 })
    const seen: ServerSentEvent[] = []
    const broken = async (): Promise<void> => {
      for await (const event of client.events("/broken")) seen.push(event)
    }
    const error = await broken().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HttpConnectionError)
    expect(error).toMatchObject({ phase: "body" })
    expect(seen).toEqual([message("a")])
    expect(await read(client.events("/ended"))).toEqual([message("a"), { ...message("b"), truncated: true }])
  })

  it("a status that is not 2xx, or another content type, throws and frees the connection", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/404") response.writeHead(404).end("nothing")
      else response.writeHead(200, { "content-type": "application/json" }).end('{"error":{}}')
    })
    await using client = new HttpClient({ baseUrl: server.url })
    const status = await read(client.events("/404")).catch((thrown: unknown) => thrown)
    expect(status).toBeInstanceOf(HttpStatusError)
    expect(status).toMatchObject({ status: 404, body: "nothing" })
    const json = await read(client.events("/json")).catch((thrown: unknown) => thrown)
    expect(json).toBeInstanceOf(EventStreamError)
    expect(json).toMatchObject({ code: "E_HTTP_EVENT_STREAM", reason: "content-type" })
    expect(String(json)).toContain("application/json")
    expect(client.statistics().inFlight).toBe(0)
  })

  it("an event above the limit closes the connection", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200, type).write(`data: ${"x".repeat(5_000)}`)
    })
    await using client = new HttpClient({ baseUrl: server.url })
    await expect(read(client.events("/", { maxEventSize: 1_000 }))).rejects.toMatchObject({
      reason: "too-large",
    })
    await until(() => server.sockets.size === 0)
  })
})
