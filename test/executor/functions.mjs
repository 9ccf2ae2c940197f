// Functions for the tests to send: each is called here as well as in threads and processes.
import { writeFileSync } from "node:fs"
import { isMainThread, threadId } from "node:worker_threads"
import { ContextVar, TimeoutError, createTask, currentTask, sleep } from "tsyncio"
import { currentJob, portable } from "tsyncio/executor"

let calls = 0

export const add = portable(import.meta, "add", (a, b = 10) => a + b)
export const echo = portable(import.meta, "echo", (value) => value)
export const count = portable(import.meta, "count", () => (calls += 1))
export const where = portable(import.meta, "where", () => ({ isMainThread, threadId, pid: process.pid }))
export const fail = portable(import.meta, "fail", (message) => {
  throw Object.assign(new RangeError(message, { cause: new TimeoutError("late") }), { order: 7 })
})
export const throwValue = portable(import.meta, "throwValue", (value) => {
  throw /** @type {Error} */ (value)
})
export const giveFunction = portable(import.meta, "giveFunction", () => () => 1)

/** Holds its thread for so many milliseconds. */
export const block = portable(import.meta, "block", (ms) => {
  const end = performance.now() + ms
  while (performance.now() < end);
  return ms
})

/** Says that it is there, then holds its thread until it is told, and gives what it was told. */
export const untilTold = portable(import.meta, "untilTold", (shared) => {
  const words = new Int32Array(shared)
  Atomics.store(words, 0, 1)
  Atomics.notify(words, 0)
  const job = currentJob()
  while (!job.cancelled);
  return "told"
})

export const untilThrown = portable(import.meta, "untilThrown", (shared) => {
  Atomics.store(new Int32Array(shared), 0, 1)
  Atomics.notify(new Int32Array(shared), 0)
  for (;;) currentJob().throwIfCancelled()
})

/** Says that it is there, and ends when the word says so; blocks its thread meanwhile. */
export const untilSet = portable(import.meta, "untilSet", (shared) => {
  const words = new Int32Array(shared)
  Atomics.add(words, 0, 1)
  Atomics.notify(words, 0)
  Atomics.wait(words, 1, 0)
  return Atomics.add(words, 2, 1) + 1
})

/** Waits as a task, and says in a file how that ended. */
export const nap = portable(import.meta, "nap", async (ms, path) => {
  try {
    await sleep(ms)
    return "slept"
  } catch (error) {
    if (path !== undefined) writeFileSync(path, `${error.name}: ${error.reason}`)
    throw error
  } finally {
    await sleep(1)
  }
})

export const stubborn = portable(import.meta, "stubborn", async () => {
  for (;;) {
    try {
      await sleep(10)
    } catch {
      // It does not want to hear of it.
    }
  }
})

export const nameOfTask = portable(import.meta, "nameOfTask", async () => {
  await sleep(0)
  return currentTask()?.name
})

export const leaveTasks = portable(import.meta, "leaveTasks", async (shared) => {
  void createTask(async () => {
    try {
      await sleep(60_000)
    } finally {
      Atomics.add(new Int32Array(shared), 0, 1)
    }
  })
  await sleep(1)
})

export const exit = portable(import.meta, "exit", (code) => process.exit(code))
export const kill = portable(import.meta, "kill", (signal) => process.kill(process.pid, signal))
export const killAll = portable(import.meta, "killAll", () => {
  void Promise.reject(new Error("nobody saw this coming"))
  return new Promise(() => {})
})
export const sum = portable(import.meta, "sum", (numbers) => numbers.reduce((a, b) => a + b, 0))
export const increment = portable(import.meta, "increment", (shared) =>
  Atomics.add(new Int32Array(shared), 0, 1),
)
export const fillBytes = portable(import.meta, "fillBytes", (bytes, value) => {
  bytes.fill(value)
  currentJob().transfer(bytes.buffer)
  return bytes
})
export const append = portable(import.meta, "append", (list, item) => {
  list.push(item)
  return list.length
})

export const user = new ContextVar("user", { default: "nobody" })
export const token = new ContextVar("token", { default: null })
export const readUser = portable(import.meta, "readUser", async () => {
  await sleep(0)
  const seen = [user.get(), token.get()]
  user.set("somebody else")
  return seen
})

export const twice = portable(import.meta, "twice", () => 1)
export const twiceAgain = portable(import.meta, "twice", () => 2)
export const makeLocal = (n) => portable(import.meta, "local", () => n)
