// `/v1/files`: upload, list, describe, read, delete.
//
// As much of the service as a client needs to hand in a batch and to fetch what came of it. What must
// stay true: an upload that cannot be read is refused, and leaves no file behind.
import type { MockExchange } from "./mock-exchange.ts"
import { readMultipart } from "./mock-multipart.ts"
import { badParam, unknownPath, unknownThing, wrongMethod } from "./mock-problem.ts"

/** Answers a request; `rest` is what stands behind `/v1/files`. */
export function mockFileRoute(exchange: MockExchange, method: string, rest: string, body: string): void {
  const { files } = exchange.state
  const [, id = "", part] = rest.split("/")
  if (id === "") return routeAll(exchange, method, body)
  const entry = files.find(id)
  if (entry === undefined) return exchange.sendProblem(unknownThing("file", id))
  if (part === "content" && method === "GET") return exchange.sendBody(entry.text, "application/octet-stream")
  if (part !== undefined) return exchange.sendProblem(unknownPath(method, `/v1/files${rest}`))
  if (method === "GET") return exchange.sendJson(JSON.stringify(entry.file))
  if (method !== "DELETE") return exchange.sendProblem(wrongMethod(method, `/v1/files${rest}`, "GET, DELETE"))
  files.delete(id)
  exchange.sendJson(JSON.stringify({ id, object: "file", deleted: true }))
}

function routeAll(exchange: MockExchange, method: string, body: string): void {
  const { files } = exchange.state
  if (method === "GET")
    return exchange.sendJson(JSON.stringify({ object: "list", data: files.list(), has_more: false }))
  if (method !== "POST") return exchange.sendProblem(wrongMethod(method, "/v1/files", "GET, POST"))
  const fields = readMultipart(exchange.request.headers["content-type"], body)
  const upload = fields?.find(({ name, filename }) => name === "file" && filename !== null)
  if (upload === undefined) return exchange.sendProblem(badParam("file", "Expected a form with a `file`"))
  const purpose = fields?.find(({ name }) => name === "purpose")?.text ?? ""
  if (purpose === "") return exchange.sendProblem(badParam("purpose", "Expected a form with a `purpose`"))
  exchange.sendJson(JSON.stringify(files.add(upload.filename ?? "", purpose, upload.text)))
}
