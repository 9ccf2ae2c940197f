// The dashboard: the page of the report, while the run goes on.
//
// A server on this machine's own address, for whoever has the link: the token in it is compared in constant time, and
// the Host header must name this address, so that a web page elsewhere cannot have a browser read along. Frames go to
// all pages by server-sent events. What must stay true: the run never waits for a page. One that does not take its
// frames gets none until it does, one that leaves is forgotten, and at the end all are closed.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { BatchRefusedError, type BatchReport } from "../batch/index.ts"
import { cancellable } from "../core/index.ts"
import { moveOnAfter } from "../time/index.ts"
import { reportPage } from "./report-page.ts"

const host = "127.0.0.1"
const mostPages = 64

/** How long pages have at the end to take the last frame, in ms. */
const farewell = 500

const headers = {
  "cache-control": "no-store",
  "content-security-policy": "frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
}

/** A server that shows a run to the pages that are open. */
export class Dashboard {
  readonly #server: Server
  readonly #port: number
  readonly #current: () => BatchReport
  readonly #token: string = randomBytes(16).toString("hex")
  /** Open streams of events. */
  readonly #pages: Set<ServerResponse> = new Set()

  private constructor(server: Server, current: () => BatchReport) {
    this.#server = server
    this.#current = current
    this.#port = (server.address() as AddressInfo).port
    server.on("request", (request, response) => this.#serve(request, response))
  }

  /**
   * Opens the server.
   *
   * @param port - 0 takes a free one.
   * @param current - The report at this moment.
   * @throws {BatchRefusedError} If the port cannot be had.
   */
  static async open(port: number, current: () => BatchReport): Promise<Dashboard> {
    const server = createServer({ noDelay: true })
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => {
        const why = error.code === "EADDRINUSE" ? "the port is taken" : error.message
        reject(new BatchRefusedError("option", `Cannot open the dashboard on ${host}:${port}: ${why}`))
      })
      server.listen(port, host, resolve)
    })
    return new Dashboard(server, current)
  }

  /** What to open in a browser; whoever has it can look. */
  get url(): string {
    return `http://${host}:${this.#port}/?token=${this.#token}`
  }

  /** Pages that are open. */
  get pages(): number {
    return this.#pages.size
  }

  /** Sends the present figures to every page that has taken the last ones. */
  show(): void {
    if (this.#pages.size === 0) return
    const frame = frameOf("report", this.#current())
    for (const page of this.#pages) if (!page.writableNeedDrain) page.write(frame)
  }

  /** Sends the last figures and closes. **Cancellation.** The pages are closed at once. */
  async end(): Promise<void> {
    this.#server.close()
    try {
      const frame = frameOf("end", this.#current())
      const gone = [...this.#pages].map(
        (page) => new Promise((resolve) => page.on("close", resolve).end(frame)),
      )
      await moveOnAfter(farewell, () => cancellable(Promise.all(gone)))
    } finally {
      this.#server.closeAllConnections()
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const [path = "", query = ""] = (request.url ?? "").split("?")
    if (!this.#isOurs(request)) refuse(response, 403, "This address is not that of the dashboard.")
    else if (request.method !== "GET") refuse(response, 405, "There is nothing to do here but to look.")
    else if (path !== "/" && path !== "/events") refuse(response, 404, "There is no such page.")
    else if (!this.#isAllowed(query)) refuse(response, 403, "The link is not whole: it ends with a token.")
    else if (path === "/events") this.#follow(response)
    else {
      reportPage(this.#current(), true).then(
        (page) =>
          response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" }).end(page),
        (error: unknown) => refuse(response, 500, error instanceof Error ? error.message : String(error)),
      )
    }
  }

  /** A name that was made to point here brings its own Host header. */
  #isOurs({ headers: { host: named } }: IncomingMessage): boolean {
    return [host, "localhost", "[::1]"].some((name) => named === `${name}:${this.#port}`)
  }

  /** Compares digests, which are of one length, in a time that tells nothing. */
  #isAllowed(query: string): boolean {
    const given = new URLSearchParams(query).get("token") ?? ""
    return timingSafeEqual(digest(given), digest(this.#token))
  }

  #follow(response: ServerResponse): void {
    if (this.#pages.size >= mostPages || !this.#server.listening) {
      refuse(response, 503, "Too many pages are open.")
      return
    }
    this.#pages.add(response)
    response.on("close", () => this.#pages.delete(response)).on("error", () => response.destroy())
    response.writeHead(200, { ...headers, "content-type": "text/event-stream; charset=utf-8" })
    response.write(frameOf("report", this.#current()))
  }
}

function frameOf(event: "report" | "end", report: BatchReport): string {
  return `event: ${event}\ndata: ${JSON.stringify(report)}\n\n`
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest()
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) response.destroy()
  else
    response
      .writeHead(status, { ...headers, "content-type": "text/plain; charset=utf-8" })
      .end(`${message}\n`)
}
