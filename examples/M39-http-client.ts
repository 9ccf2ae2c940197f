// One client for a program: kept connections with a cap, limits for each phase, repetition, closed on every way out.
import { createServer } from "node:http"
import { collect, map, run, timeout } from "tsyncio"
import { HttpClient, HttpConnectionError, HttpTimeoutError } from "tsyncio/http"

let asked = 0
let connections = 0
const server = createServer((request, response) => {
  if (request.url === "/busy") {
    asked += 1
    if (asked < 3) response.writeHead(429, { "retry-after": "0.05" }).end()
    else response.end("at last")
  } else if (request.url === "/moved") response.writeHead(302, { location: "/page" }).end()
  else if (request.url === "/drops") request.socket.destroy()
  else if (request.url !== "/hangs") response.end("page")
})
server.on("connection", () => (connections += 1))
await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
const address = server.address()
const port = typeof address === "object" && address !== null ? address.port : 0

await run(async () => {
  await using client = new HttpClient({
    baseUrl: `http://127.0.0.1:${port}`,
    connections: 4,
    timeout: { connect: 1_000, headers: 400, total: 5_000 },
    retries: { retries: 2, delay: 10 },
  })

  const pages = map(Array.from({ length: 100 }), async () => (await client.get("/page")).text(), {
    concurrency: 20,
  })
  console.log(`${(await collect.array(pages)).length} pages over ${connections} connections`)

  const busy = await client.get("/busy")
  console.log(await busy.text(), `after ${busy.attempts} attempts, none too early: ${busy.elapsed > 95}`)

  const moved = await client.get("/moved")
  console.log(moved.status, new URL(moved.url).pathname)

  const failure = async (path: string): Promise<unknown> => client.get(path).catch((error: unknown) => error)
  const drops = await failure("/drops")
  if (drops instanceof HttpConnectionError)
    console.log(drops.phase, `failed, after several attempts: ${drops.attempts > 2}`)
  const hangs = await failure("/hangs")
  if (hangs instanceof HttpTimeoutError) console.log(hangs.phase, `took longer than ${hangs.limit} ms`)

  // One limit over several calls: each gets what is left.
  const both = timeout(100, async () => [await client.get("/page"), await client.get("/hangs")])
  await both.catch((error: unknown) => console.log(String(error)))
})
server.close()

// prints:
// 100 pages over 4 connections
// at last after 3 attempts, none too early: true
// 200 /page
// headers failed, after several attempts: true
// headers took longer than 400 ms
// TimeoutError: Timed out after 100 ms
