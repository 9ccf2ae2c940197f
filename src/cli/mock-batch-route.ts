// `/v1/batches`: hand in, list, look at, cancel.
//
// Requests are only looked at here; the work is done beside them (`mock-batch.ts`), as long as the
// server lives. What must stay true: a batch that was refused has taken no number.
import { MockBatch, runMockBatch } from "./mock-batch.ts"
import { batchReaders } from "./mock-batch-line.ts"
import type { MockExchange } from "./mock-exchange.ts"
import type { MockProblem } from "./mock-problem.ts"
import { badBody, badParam, unknownPath, unknownThing, wrongMethod } from "./mock-problem.ts"

/** Answers a request; `rest` is what stands behind `/v1/batches`. */
export function mockBatchRoute(exchange: MockExchange, method: string, rest: string, body: string): void {
  const [, id = "", part] = rest.split("/")
  if (id === "") return routeAll(exchange, method, body)
  const batch = exchange.state.batches.find((one) => one.id === id)
  if (batch === undefined) return exchange.sendProblem(unknownThing("batch", id))
  if (part === "cancel" && method === "POST") batch.cancel()
  else if (part !== undefined) return exchange.sendProblem(unknownPath(method, `/v1/batches${rest}`))
  else if (method !== "GET") return exchange.sendProblem(wrongMethod(method, `/v1/batches${rest}`, "GET"))
  exchange.sendJson(JSON.stringify(batch))
}

function routeAll(exchange: MockExchange, method: string, body: string): void {
  if (method === "GET") return exchange.sendJson(page(exchange))
  if (method !== "POST") return exchange.sendProblem(wrongMethod(method, "/v1/batches", "GET, POST"))
  const made = handIn(exchange, body)
  if (made instanceof MockBatch) exchange.sendJson(JSON.stringify(made))
  else exchange.sendProblem(made)
}

function handIn({ state }: MockExchange, body: string): MockBatch | MockProblem {
  let fields: Record<string, unknown>
  try {
    fields = JSON.parse(body) as Record<string, unknown>
  } catch {
    return badBody()
  }
  const { input_file_id: input, endpoint, completion_window: window, metadata } = fields
  if (typeof endpoint !== "string" || batchReaders[endpoint] === undefined) {
    return badParam("endpoint", `Expected \`endpoint\` to be one of ${Object.keys(batchReaders).join(", ")}`)
  }
  if (window !== "24h") return badParam("completion_window", 'Expected `completion_window` to be "24h"')
  const file = typeof input === "string" ? state.files.find(input) : undefined
  if (file === undefined) return unknownThing("file", String(input))
  const id = `batch_${String(state.batches.length + 1).padStart(6, "0")}`
  const batch = new MockBatch(id, endpoint, file.file.id, metadata)
  state.batches.push(batch)
  state.inBackground(() => runMockBatch(batch, file.text, state), id)
  return batch
}

/** The newest first, page by page. */
function page({ state, request }: MockExchange): string {
  const query = new URL(request.url as string, "http://mock").searchParams
  const all = [...state.batches].reverse()
  const after = all.findIndex(({ id }) => id === query.get("after")) + 1
  const data = all.slice(after, after + Number(query.get("limit") ?? 20))
  return JSON.stringify({
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: after + data.length < all.length,
  })
}
