// Shutting a queue down: what is in it is still given out, waiters are sent away, immediately nothing is left.
import { Queue, QueueShutDownError, createTask, rethrowCancelled, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const attempt = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      print(name, await work())
    } catch (error) {
      rethrowCancelled(error)
      if (error instanceof QueueShutDownError) print(name, "sent away")
      else throw error
    }
  }
  const queue = new Queue<string>(1)
  queue.putNowait("x")
  const putter = createTask(() => attempt("put", () => queue.put("y")))
  const joiner = createTask(() => attempt("join", () => queue.join()))
  await sleep(0)
  queue.shutdown()
  await sleep(0)
  print(putter.done(), joiner.done(), queue.size)
  await attempt("get", () => queue.get())
  await attempt("get", () => queue.get())
  await attempt("put", () => queue.put("z"))
  queue.taskDone()
  await joiner
  const empty = new Queue<string>()
  const a = createTask(() => attempt("a", () => empty.get()))
  const b = createTask(() => attempt("b", () => empty.get()))
  await sleep(0)
  empty.shutdown()
  print("not yet", a.done())
  await sleep(0)
  print(a.done(), b.done())
  await attempt("join", () => empty.join())
  const full = new Queue<number>()
  full.putNowait(1)
  full.putNowait(2)
  print(await full.get())
  const last = createTask(() => attempt("join", () => full.join()))
  await sleep(0)
  full.shutdown({ immediate: true })
  await sleep(0)
  print(full.size, last.done())
  full.taskDone()
  await last
  try {
    full.taskDone()
  } catch {
    print("too often")
  }
}
