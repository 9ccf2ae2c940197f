// Behind `runSync`: the keeper, which starts the worker and tells when it died, and the worker, which calls.
//
// What a thread prints goes by its parent, and that one is blocked until the call is over. So the worker writes to the
// descriptors itself, at once and in order.
import { writeSync } from "node:fs"
import type { Writable } from "node:stream"
import { Worker } from "node:worker_threads"
import type { MessagePort } from "node:worker_threads"
import { describeReason } from "../base/describe-reason.ts"
import { Future, Runner, bind } from "../core/index.ts"
import { spawn } from "../core/lowlevel.ts"
import { loadFunction, prepareForFunctions } from "./load-function.ts"
import { packShared, unpackShared } from "./sent-value.ts"
import type { SyncAnswer, SyncMessage, SyncSetting } from "./sync-message.ts"
import { ringSync } from "./sync-message.ts"
import { syncUrl } from "./sync-url.ts"
import { workerFlags } from "./worker-flags.ts"
import { packThrown } from "./thrown-parcel.ts"

/** Serves as the setting says, until the thread of the caller ends. */
export function serveSync(setting: SyncSetting): void {
  const { role, port, watch, bell } = setting
  if (role === "worker") work(port, bell)
  else keep(port, watch as MessagePort, bell)
}

function keep(port: MessagePort, watch: MessagePort, bell: Int32Array): void {
  const setting: SyncSetting = { role: "worker", port, watch: null, bell }
  const worker = new Worker(syncUrl, {
    ...workerFlags,
    workerData: { tsyncio: setting },
    transferList: [port],
  })
  Atomics.store(bell, 1, 1)
  let failure: unknown = undefined
  worker.on("error", (error) => (failure = error))
  worker.on("exit", (exitCode) => {
    const parcel = failure === undefined ? null : packThrown(failure)
    const answer: SyncAnswer = { kind: "lost", exitCode, parcel }
    watch.postMessage(answer)
    ringSync(bell)
  })
}

function work(port: MessagePort, bell: Int32Array): void {
  writeAtOnce(process.stdout, 1)
  writeAtOnce(process.stderr, 2)
  void new Runner({ handleSignals: false }).run(async () => {
    prepareForFunctions()
    port.on(
      "message",
      bind((message: SyncMessage) => {
        const task = spawn(async () => {
          const fn = await loadFunction(message.fn)
          return fn(...(unpackShared(message.args) as unknown[]))
        })
        task.addListener({
          futureDone: () => {
            const failure = task.failure()
            give(port, failure === null ? () => task.result() : failure)
            ringSync(bell)
          },
        })
      }),
    )
    await new Future()
  })
}

function give(port: MessagePort, outcome: (() => unknown) | { readonly error: unknown }): void {
  const post = (answer: SyncAnswer): void => port.postMessage(answer)
  if (typeof outcome !== "function") {
    post({ kind: "thrown", parcel: packThrown(outcome.error) })
    return
  }
  try {
    post({ kind: "value", value: packShared(outcome()) })
  } catch (error) {
    const message = `Cannot send the result back: ${describeReason(error)}; give plain data, or what the structured clone takes`
    post({ kind: "thrown", parcel: packThrown(new TypeError(message, { cause: error })) })
  }
}

/** What is written to `stream` goes to a descriptor before the call returns. */
function writeAtOnce(stream: Writable, descriptor: number): void {
  stream._write = (chunk: Buffer | string, encoding, done) => {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk
    for (let at = 0; at < bytes.length;) at += writeSome(descriptor, bytes, at)
    done()
  }
  delete (stream as { _writev?: unknown })._writev
  Object.defineProperty(stream, "_writev", { value: null, configurable: true })
}

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Writes what the descriptor takes; a pipe that is full takes nothing for a while. */
function writeSome(descriptor: number, bytes: Uint8Array, at: number): number {
  try {
    return writeSync(descriptor, bytes, at)
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EAGAIN") return bytes.length
    Atomics.wait(pause, 0, 0, 1)
    return 0
  }
}
