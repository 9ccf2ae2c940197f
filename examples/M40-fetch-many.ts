// Many URLs at once, so many at a time: a failing one is a recorded outcome, not the end of the others.
import { createServer } from "node:http"
import { map, rethrowCancelled, run } from "tsyncio"
import { HttpClient } from "tsyncio/http"

const server = createServer((request, response) => {
  if (request.url === "/5") response.writeHead(500).end("broken")
  else response.end(`page ${request.url}`)
})
await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
const address = server.address()
const port = typeof address === "object" && address !== null ? address.port : 0

await run(async () => {
  await using client = new HttpClient({
    baseUrl: `http://127.0.0.1:${port}`,
    connections: 4,
    timeout: 5000,
    retries: 0,
  })
  const paths = Array.from({ length: 8 }, (_, i) => `/${i + 1}`)
  const fetched = map(
    paths,
    async (path) => {
      try {
        const response = await client.get(path)
        return await (await response.orThrow()).text()
      } catch (error) {
        rethrowCancelled(error)
        return `${path} failed: ${(error as Error).name}`
      }
    },
    { concurrency: 4 },
  )
  for await (const line of fetched) console.log(line)
})
server.close()

// prints:
// page /1
// page /2
// page /3
// page /4
// /5 failed: HttpStatusError
// page /6
// page /7
// page /8
