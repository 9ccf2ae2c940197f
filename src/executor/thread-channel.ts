// The way to a thread: a port of its own, and memory that both sides see.
//
// The thread's `parentPort` is left to the user's code. A thread that is built from sources begins with the
// compiled entry, since Node 20 runs no TypeScript in a thread.
import { MessageChannel, Worker, receiveMessageOnPort } from "node:worker_threads"
import type { Transferable } from "node:worker_threads"
import { runOutsideTasks } from "../core/lowlevel.ts"
import type { ThreadExecutorOptions } from "./executor-options.ts"
import type { AnswerMessage } from "./message.ts"
import { slotCount } from "./message.ts"
import { packMessage, unpackMessage } from "./sent-value.ts"
import { isClonable } from "./thrown-parcel.ts"
import type { ChannelKind, WorkerChannel, WorkerEvents } from "./worker-channel.ts"
import { workerFlags } from "./worker-flags.ts"
import { workerUrl } from "./worker-url.ts"

/** Starts threads. */
export function threadChannels(options: ThreadExecutorOptions): ChannelKind {
  return { isSendable: isClonable, open: (events) => runOutsideTasks(() => open(events, options)) }
}

function open(events: WorkerEvents, options: ThreadExecutorOptions): WorkerChannel {
  const { port1: port, port2 } = new MessageChannel()
  const slots = new Int32Array(new SharedArrayBuffer(4 * slotCount))
  const { resourceLimits, env, execArgv } = options
  const worker = new Worker(workerUrl, {
    workerData: { tsyncio: { port: port2, slots } },
    transferList: [port2],
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
    ...(env === undefined ? {} : { env }),
    ...(execArgv === undefined ? workerFlags : { execArgv: [...execArgv] }),
  })
  let error: unknown = undefined
  port.on("message", (posted: object) => events.answered(unpackMessage(posted) as AnswerMessage))
  port.on("messageerror", (failure) => {
    error = failure
    void worker.terminate()
  })
  worker.on("error", (failure) => {
    error = failure
  })
  worker.on("exit", (exitCode) => {
    for (let left = receiveMessageOnPort(port); left !== undefined; left = receiveMessageOnPort(port))
      events.answered(unpackMessage((left as { readonly message: object }).message) as AnswerMessage)
    port.close()
    events.exited({ exitCode, signal: null, error })
  })
  return {
    slots,
    name: `thread ${worker.threadId}`,
    post(message, transfer) {
      const posted = packMessage(message)
      if (transfer === undefined) port.postMessage(posted)
      else port.postMessage(posted, transfer as Transferable[])
    },
    kill: () => void worker.terminate(),
    hold(isHeld) {
      if (isHeld) {
        worker.ref()
        port.ref()
      } else {
        worker.unref()
        port.unref()
      }
    },
  }
}
