// Processes, cancelled at each of their waits: when the victim has ended, nothing that it has started is there.
//
// The processes are real ones. They take real time, so the virtual clock is held while one of them is waited for.
import { expect } from "vitest"
import { createTask, sleep } from "../../src/index.ts"
import { runProcess, signals, startProcess } from "../../src/process/index.ts"
import { childrenOfThis } from "../process/process-tree.ts"
import type { Scenario, Stage, Way } from "./cancel-rig.ts"

/** A task in a foreign await holds the virtual clock until `fn` has ended. */
async function inRealTime<T>(fn: () => Promise<T>): Promise<T> {
  let release = (): void => {}
  const ended = new Promise<void>((resolve) => (release = resolve))
  void createTask(() => ended)
  try {
    return await fn()
  } finally {
    release()
  }
}

/** A group asks by its scope and by who awaits the victim. */
const ways: readonly Way[] = ["task", "group"]

/** The account of every play: the children are those of before. */
function withoutChildren({ victim, ...stage }: Stage): Stage {
  const before = childrenOfThis()
  return {
    ...stage,
    victim: (limits) => inRealTime(async () => await victim(limits)),
    after: () => expect(childrenOfThis()).toEqual(before),
  }
}

export const cancelInProcess: readonly Scenario[] = [
  {
    title: "runProcess",
    names: ["runProcess"],
    onSignal: "reason",
    ways,
    stage: () =>
      withoutChildren({
        victim: async (limits) => {
          const { exitCode, stdout } = await runProcess("cat", [], { input: ["one ", "two"], ...limits })
          return [exitCode, stdout]
        },
      }),
  },
  {
    title: "runProcess, one that starts others",
    names: ["runProcess"],
    onSignal: "reason",
    ways,
    stage: () =>
      withoutChildren({
        victim: async (limits) => {
          const { stdout } = await runProcess("sleep 100 >/dev/null 2>&1 & echo started", [], {
            shell: true,
            ...limits,
          })
          return stdout
        },
      }),
  },
  {
    title: "startProcess, lines and wait",
    names: ["startProcess", "Process.lines", "Process.wait", "Process.[Symbol.asyncDispose]"],
    onSignal: "reason",
    ways,
    stage: () =>
      withoutChildren({
        victim: async (limits) => {
          await using cat = await startProcess("cat", [], limits)
          const found: string[] = []
          cat.stdin.write("one\n")
          cat.stdin.close()
          const ended = await cat.wait(limits)
          for await (const line of cat.lines()) found.push(line)
          return [found, ended]
        },
      }),
  },
  {
    title: "stop",
    names: ["Process.stop"],
    ways,
    stage: () =>
      withoutChildren({
        victim: async () => {
          const child = await startProcess("sleep", ["100"])
          await child.stop()
          return child.signal
        },
      }),
  },
  {
    title: "signals",
    names: ["signals"],
    onSignal: "reason",
    stage: () => {
      const before = process.listenerCount("SIGUSR2")
      return {
        victim: async (limits) => {
          const came: string[] = []
          for await (const name of signals("SIGUSR2", "SIGWINCH", limits)) {
            came.push(name)
            if (came.length === 3) break
          }
          return came
        },
        beside: [
          async () => {
            for (const name of ["SIGUSR2", "SIGWINCH", "SIGUSR2"] as const) {
              await sleep(1)
              process.emit(name)
            }
          },
        ],
        after: () => expect(process.listenerCount("SIGUSR2")).toBe(before),
      }
    },
  },
]
