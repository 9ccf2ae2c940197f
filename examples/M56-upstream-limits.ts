// A client that opens no more connections than it may, and a limiter that waits instead of being refused.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { RateLimiter, map, run } from "tsyncio"
import { HttpClient } from "tsyncio/http"

// A server that refuses more than 60 requests in any stretch of a second.
let connections = 0
let refused = 0
const times: number[] = []
const server = createServer((_request, response) => {
  const now = performance.now()
  times.push(now)
  const isTooMuch = times.filter((time) => time > now - 1000).length > 60
  if (isTooMuch) refused += 1
  response.statusCode = isTooMuch ? 429 : 200
  response.end("done")
})
server.on("connection", () => (connections += 1))
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

await run(async () => {
  // Strict: the limit holds in every second, not only in the long run. Less than the server has: requests travel at different speeds.
  const rateLimiter = new RateLimiter({
    budgets: { requests: { limit: 40, per: 1000, strict: true } },
    burst: 4,
  })
  await using client = new HttpClient({ baseUrl, connections: 5, retries: 0, rateLimiter })
  let done = 0
  const begin = performance.now()
  for await (const status of map(
    Array.from({ length: 100 }),
    async () => {
      const response = await client.get("/")
      await response.text()
      return response.status
    },
    { concurrency: 100 },
  )) {
    if (status === 200) done += 1
  }
  const seconds = (performance.now() - begin) / 1000
  console.log(`${done} done, ${refused} refused`)
  console.log(`at most 5 connections: ${connections <= 5}`)
  console.log(`as fast as the limit: ${seconds > 1.9 && seconds < 8}`)
})
server.close()

// prints:
// 100 done, 0 refused
// at most 5 connections: true
// as fast as the limit: true
