// A server of OpenAI's and Anthropic's kind for tests and demonstrations, on node:http and on this runtime.
//
// The server is one task with a group, and each request a task in that group: a client that leaves
// cancels its task, and closing the server cancels them all. The server belongs to the run that
// started it and ends with it at the latest. What must stay true: after `close()` no socket, no
// timer and no task of the server is left.
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { Task, TaskGroup } from "../core/index.ts"
import { cancellable, isCancelled, taskGroup } from "../core/index.ts"
import { spawn } from "../core/lowlevel.ts"
import { MockExchange } from "./mock-exchange.ts"
import type { MockOptions } from "./mock-options.ts"
import { mockSettings } from "./mock-options.ts"
import { bodyTooLarge, handlerFailed } from "./mock-problem.ts"
import { mockRoute } from "./mock-route.ts"
import type { MockState } from "./mock-state.ts"
import { mockState } from "./mock-state.ts"
import type { MockReport } from "./mock-statistics.ts"

/** A mock server that listens. */
export interface MockServer extends AsyncDisposable {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string
  readonly port: number
  /** What the server has seen so far; the same as `GET /stats`. */
  stats(): MockReport
  /** Cancels what is being answered, closes all connections, and resolves when nothing is left. */
  close(): Promise<void>
}

/** The largest request body, in bytes. */
const BODY_LIMIT = 64 * 1024 * 1024

/**
 * Starts a mock server and resolves once it listens.
 *
 * It answers `POST /v1/chat/completions` and `POST /v1/messages` (with and without `stream`), `POST /v1/embeddings`
 * and `GET /v1/models` as the hosted services do, takes batches by `/v1/files` and `/v1/batches`, and reports at `GET /stats`.
 *
 * **Cancellation.** The server belongs to the run of the caller: when that ends, the server is closed.
 *
 * @throws {RangeError} If an option is out of its range.
 * @throws {Error} If the port is taken; the message names it.
 */
export async function startMockServer(options: MockOptions = {}): Promise<MockServer> {
  let group: TaskGroup | null = null
  const inBackground: MockState["inBackground"] = (work, name) => void group?.createTask(work, { name })
  const state = mockState(mockSettings(options), inBackground)
  const server = createServer({ noDelay: true })
  await listen(server, state.settings.port, state.settings.host)

  const serving = spawn(
    () =>
      taskGroup(async (tasks) => {
        group = tasks
        server.on("request", (request, response) => handleRequest(state, tasks, request, response))
        try {
          await cancellable(new Promise<void>(() => {}))
        } finally {
          await closeServer(server)
        }
      }),
    { name: "mock server", eager: true },
  )

  const { port } = server.address() as AddressInfo
  const close = async (): Promise<void> => {
    group?.cancel("the mock server was closed")
    await serving
  }
  return {
    url: `http://${state.settings.host}:${port}`,
    port,
    stats: () => state.statistics.report(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = LISTEN_FAILURES[error.code ?? ""] ?? error.message
      reject(new Error(`Cannot listen on ${host}:${port}: ${why}`, { cause: error }))
    })
    server.listen(port, host, 1_024, resolve)
  })
}

const LISTEN_FAILURES: { readonly [code: string]: string | undefined } = {
  EADDRINUSE: "the port is taken",
  EACCES: "this user may not open that port",
  EADDRNOTAVAIL: "this machine has no such address",
  ENOTFOUND: "this host name is unknown",
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function handleRequest(
  state: MockState,
  group: TaskGroup,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = request.url as string
  const question = url.indexOf("?")
  const path = question === -1 ? url : url.slice(0, question)
  if (path === "/stats") {
    const report = JSON.stringify(state.statistics.report())
    response.writeHead(200, { "content-type": "application/json" }).end(report)
    return
  }
  const exchange = new MockExchange(state, request, response)
  let task: Task<void> | null = null
  response.on("close", () => {
    if (exchange.ended()) task?.cancel("the client left")
  })
  gatherBody(request, (body) => {
    if (body === null) exchange.sendProblem(bodyTooLarge(BODY_LIMIT))
    else if (group.signal.aborted) response.destroy()
    else task = group.createTask(() => answer(exchange, path, body), { name: path })
  })
}

/** Calls `done` once with the whole body, or with null when it is larger than the limit. */
function gatherBody(request: IncomingMessage, done: (body: string | null) => void): void {
  const chunks: Buffer[] = []
  let length = 0
  request.on("data", (chunk: Buffer) => {
    if (length > BODY_LIMIT) return
    length += chunk.length
    if (length <= BODY_LIMIT) chunks.push(chunk)
    else done(null)
  })
  request.on("end", () => {
    if (length > BODY_LIMIT) return
    done(chunks.length === 1 ? (chunks[0] as Buffer).toString() : Buffer.concat(chunks).toString())
  })
}

async function answer(exchange: MockExchange, path: string, body: string): Promise<void> {
  try {
    await mockRoute(exchange, path, body)
  } catch (error) {
    if (isCancelled(error)) throw error
    process.stderr.write(`tsyncio mock: ${path}: ${error instanceof Error ? error.stack : String(error)}\n`)
    if (exchange.response.headersSent) exchange.reset()
    else exchange.sendProblem(handlerFailed())
  }
}
