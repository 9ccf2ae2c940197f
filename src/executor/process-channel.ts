// The way to a child process: Node's channel with the structured clone's format.
//
// No memory is shared, so a request reaches the child as a message only. Killed it is told to end, and after
// a while made to; its output is the program's. It leaves by itself when the channel breaks.
import { fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import { serialize } from "node:v8"
import { clock, runOutsideTasks, startTimer, stopTimer } from "../core/lowlevel.ts"
import type { ProcessExecutorOptions } from "./executor-options.ts"
import type { AnswerMessage } from "./message.ts"
import type { ChannelKind, WorkerChannel, WorkerEnd, WorkerEvents } from "./worker-channel.ts"
import { workerFlags } from "./worker-flags.ts"
import { workerUrl } from "./worker-url.ts"

/** Milliseconds from SIGTERM to SIGKILL. */
const killAfter = 500

/** Starts processes. */
export function processChannels(options: ProcessExecutorOptions): ChannelKind {
  return { isSendable: isSerializable, open: (events) => runOutsideTasks(() => open(events, options)) }
}

function isSerializable(value: unknown): boolean {
  try {
    serialize(value)
    return true
  } catch {
    return false
  }
}

function open(events: WorkerEvents, options: ProcessExecutorOptions): WorkerChannel {
  const { env, execArgv, cwd } = options
  const child = fork(fileURLToPath(workerUrl), {
    serialization: "advanced",
    ...(env === undefined ? {} : { env }),
    ...(execArgv === undefined ? workerFlags : { execArgv: [...execArgv] }),
    ...(cwd === undefined ? {} : { cwd }),
  })
  let end: WorkerEnd | null = null
  let isConnected = true
  const force = {
    heapIndex: -1,
    timerOrder: 0,
    dueAt: 0,
    isWeak: false,
    fire: () => void child.kill("SIGKILL"),
  }
  // Answers may still lie in the channel when the process is gone.
  const left = (): void => {
    if (end === null || isConnected) return
    stopTimer(force)
    events.exited(end)
  }
  child.on("message", (message) => events.answered(message as unknown as AnswerMessage))
  child.on("disconnect", () => {
    isConnected = false
    left()
  })
  child.on("exit", (exitCode, signal) => {
    end ??= { exitCode, signal, error: undefined }
    if (!child.connected) isConnected = false
    left()
  })
  child.on("error", (error) => {
    if (child.pid !== undefined) return
    end ??= { exitCode: null, signal: null, error }
    isConnected = false
    left()
  })
  return {
    slots: null,
    name: `process ${child.pid ?? "that did not start"}`,
    post: (message) => void child.send(message, () => {}),
    kill() {
      if (end !== null) return
      child.kill("SIGTERM")
      force.dueAt = clock.now() + killAfter
      startTimer(force)
    },
    hold(isHeld) {
      if (isHeld) {
        child.ref()
        child.channel?.ref()
      } else {
        child.unref()
        child.channel?.unref()
      }
    },
  }
}
