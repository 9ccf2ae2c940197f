// The server that all HTTP clients are measured against, in processes of its own.
//
// nginx answering from memory where it is installed, else a cluster of node workers on bare sockets
// that send a finished answer for each request. Either is faster than the clients, which the row
// "bare sockets" of the question shows.
import type { ChildProcess } from "node:child_process"
import { fork, spawn } from "node:child_process"
import cluster from "node:cluster"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { connect, createServer } from "node:net"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { setTimeout as sleep } from "node:timers/promises"
import { settings } from "../settings.js"

/** What every request is answered with. */
export const body: string = JSON.stringify({ id: "answer", text: "x".repeat(200) })

export interface RunningServer {
  readonly kind: string
  readonly port: number
  close(): Promise<void>
}

/**
 * Starts the fastest server there is on this machine.
 *
 * @param answer - What it answers to every request; JSON in ASCII without a quote ('), `$` or line end.
 */
export function startServer(answer: string = body): Promise<RunningServer> {
  return settings.nginx === null ? startCluster(answer) : startNginx(settings.nginx, answer)
}

async function startCluster(answer: string): Promise<RunningServer> {
  const child = fork(fileURLToPath(import.meta.url), ["serve", answer])
  const [port] = (await once(child, "message")) as [number]
  return { kind: "node cluster", port, close: () => end(child) }
}

async function startNginx(path: string, answer: string): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), "bench-nginx-"))
  const port = await freePort()
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; worker_processes auto; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 60s;
  ${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  server {
    listen 127.0.0.1:${port};
    location / { default_type application/json; return 200 '${answer}'; }
  }
}
`,
  )
  const child = spawn(path, ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "inherit"],
  })
  await listening(port)
  const close = async (): Promise<void> => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  return { kind: "nginx", port, close }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, "close")
  return port
}

/** Resolves once somebody accepts connections there. */
async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect(port, "127.0.0.1")
    const accepted = await once(socket, "connect").then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (accepted) return
    await sleep(50)
  }
  throw new Error(`Nobody listens on port ${port}`)
}

async function end(child: ChildProcess): Promise<void> {
  child.kill()
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
}

/** The workers: a request ends with its head, or as many bytes later as the head says. */
function serve(body: string): void {
  const answer = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: keep-alive\r\n\r\n${body}`
  createServer((socket) => {
    let text = ""
    socket.setNoDelay(true)
    socket.setEncoding("latin1")
    socket.on("error", () => socket.destroy())
    socket.on("data", (more: string) => {
      text += more
      let whole = 0
      for (let end = requestEnd(text); end <= text.length; end = requestEnd(text)) {
        text = text.slice(end)
        whole += 1
      }
      if (whole > 0) socket.write(answer.repeat(whole))
    })
  }).listen(0, "127.0.0.1")
}

/** Where the first request of a text ends; Infinity while its head is not whole. */
function requestEnd(text: string): number {
  const head = text.indexOf("\r\n\r\n")
  if (head < 0) return Infinity
  const length = /content-length: *(\d+)/i.exec(text.slice(0, head))
  return head + 4 + Number(length?.[1] ?? 0)
}

if (process.argv[2] === "serve" && process.argv[1] === fileURLToPath(import.meta.url)) {
  if (cluster.isPrimary) {
    for (let i = 0; i < availableParallelism(); i += 1) cluster.fork()
    cluster.once("listening", (_, { port }) => process.send?.(port))
    process.once("SIGTERM", () => {
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill("SIGKILL")
      process.exit()
    })
    process.once("disconnect", () => process.kill(process.pid, "SIGTERM"))
  } else {
    serve(process.argv[3] ?? body)
  }
}
