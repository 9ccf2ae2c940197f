// The program that a worker runs: a thread with a port of its own, or a process with a channel.
//
// The port is not the thread's `parentPort`, which belongs to the user's code. A process ignores Ctrl-C,
// which its terminal sends to all: the program decides what becomes of its jobs. It ends with the program,
// also if that was killed while a job holds the thread: a thread of its own looks after that.
import type { MessagePort } from "node:worker_threads"
import { Worker, parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import { serveJobs } from "./job-server.ts"
import type { OrderMessage } from "./message.ts"
import { packMessage, unpackMessage } from "./sent-value.ts"

interface ThreadData {
  readonly port: MessagePort
  readonly slots: Int32Array
}

const orphanWatch = `
  const parent = process.ppid
  setInterval(() => process.ppid === parent || process.kill(process.pid, "SIGKILL"), 500)
`

if (parentPort !== null) {
  const { port, slots } = (workerData as { readonly tsyncio: ThreadData }).tsyncio
  serveJobs({
    slots,
    post(message, transfer) {
      const posted = packMessage(message)
      if (transfer === undefined || transfer.length === 0) port.postMessage(posted)
      else port.postMessage(posted, transfer)
    },
    listen: (receive) =>
      void port.on("message", (posted: object) => receive(unpackMessage(posted) as OrderMessage)),
    poll() {
      const posted = receiveMessageOnPort(port)?.message as object | undefined
      return posted === undefined ? undefined : (unpackMessage(posted) as OrderMessage)
    },
  })
} else {
  process.on("SIGINT", () => {})
  process.on("disconnect", () => process.exit())
  process.on("beforeExit", () => process.exit())
  new Worker(orphanWatch, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } }).unref()
  serveJobs({
    slots: null,
    // What is sent while the program goes away goes nowhere, and this process with it.
    post: (message) => void process.send?.(message, undefined, undefined, () => {}),
    listen: (receive) => void process.on("message", receive),
    poll: () => undefined,
  })
}
