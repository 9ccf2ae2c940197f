// A server for many-connections.test.ts, in a process of its own: says its port, and tells its statistics when asked.
// A signal ends it; what its exit code is then is the affair of `run`.
import { run } from "../../dist/index.js"
import { pipe, startServer } from "../../dist/net/index.js"

await run(async () => {
  const server = await startServer((reader, writer) => pipe(reader, writer), {
    host: "127.0.0.1",
    backlog: 4_096,
  })
  process.on("message", () => process.send?.(server.statistics()))
  process.send?.(server.port)
  await server.serveForever()
})
  .catch(() => {})
  .finally(() => process.disconnect())
