// Inside somebody's server, without `run`: one task group per request, nothing left behind, and the server's own
// AsyncLocalStorage survives in every task.
import { AsyncLocalStorage } from "node:async_hooks"
import { createServer, get } from "node:http"
import { sleep, taskGroup } from "tsyncio"

const requestId = new AsyncLocalStorage<number>()
let count = 0

const server = createServer((_request, response) => {
  count += 1
  requestId.run(count, () => {
    void taskGroup(async (group) => {
      const [a, b] = ["a", "b"].map((part) =>
        group.createTask(async () => {
          await sleep(20)
          return `${part} of request ${requestId.getStore()}`
        }),
      )
      response.end(`${await a}, ${await b}`)
    })
  })
})
await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
const address = server.address()
const port = typeof address === "object" && address !== null ? address.port : 0

for (let i = 0; i < 2; i += 1) {
  const text = await new Promise<string>((resolve) => {
    get({ port, host: "127.0.0.1" }, (response) => {
      let body = ""
      response.on("data", (chunk: Buffer) => (body += chunk.toString()))
      response.on("end", () => resolve(body))
    })
  })
  console.log(text)
}
server.closeAllConnections()
server.close()

// prints:
// a of request 1, b of request 1
// a of request 2, b of request 2
