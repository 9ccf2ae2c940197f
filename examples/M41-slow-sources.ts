// Several sources fetched together: the slow one is cut off, the rest is returned.
import { createServer } from "node:http"
import { collect, run } from "tsyncio"
import { fetchAll } from "tsyncio/http"

const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json")
  if (request.url === "/weather") response.end('{"degrees":21}')
  else if (request.url === "/news") setTimeout(() => response.end('{"items":3}'), 50)
  else response.write('{"never":') // and then nothing more
})
await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
const address = server.address()
const port = typeof address === "object" && address !== null ? address.port : 0

await run(async () => {
  const sources = ["weather", "slow", "news"].map((name) => ({
    name,
    url: `http://127.0.0.1:${port}/${name}`,
  }))
  const begin = performance.now()
  const outcomes = await collect.array(
    fetchAll(sources, { timeout: 1_000, read: (response) => response.json() }),
  )
  console.log(`done in time: ${performance.now() - begin < 3_000}`)
  for (const { request, ...outcome } of outcomes) {
    console.log(request.name, outcome.ok ? outcome.value : (outcome.error as Error).name)
  }
})
server.close()

// prints:
// done in time: true
// weather { degrees: 21 }
// slow TimeoutError
// news { items: 3 }
