// Many URLs at once, so many at a time: a failing one is a recorded outcome, not the end of the others.
import { createServer } from "node:http"
import { run } from "tsyncio"
import { HttpStatusError, fetchAll } from "tsyncio/http"

const server = createServer((request, response) => {
  if (request.url === "/5") response.writeHead(500).end("broken")
  else if (request.url !== "/7") response.end(`page ${request.url}`)
})
await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
const address = server.address()
const port = typeof address === "object" && address !== null ? address.port : 0

await run(async () => {
  const urls = Array.from({ length: 8 }, (_, i) => `http://127.0.0.1:${port}/${i + 1}`)
  const outcomes = fetchAll(urls, {
    concurrency: 4,
    perOrigin: 3,
    each: { timeout: 1_000, retries: 0 },
    read: (response) => response.text(),
  })
  for await (const outcome of outcomes) {
    if (outcome.ok) console.log(outcome.value)
    else if (outcome.error instanceof HttpStatusError)
      console.log(`/${outcome.index + 1}`, outcome.error.status)
    else console.log(`/${outcome.index + 1}`, (outcome.error as Error).name)
  }
})
server.close()

// prints:
// page /1
// page /2
// page /3
// page /4
// /5 500
// page /6
// /7 HttpTimeoutError
// page /8
