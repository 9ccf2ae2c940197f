// Done callbacks run on a later turn in order of registration, among the tasks that await the same future.
import { Future, createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const future = new Future<number>()
  const waiter = async (name: string): Promise<void> => {
    await future
    print("task", name)
  }
  const callback =
    (name: string) =>
    (done: Future<number>): void =>
      print("callback", name, done === future)
  const removed = (): void => print("not reached")
  const unknown = (): void => print("not reached")
  const first = createTask(() => waiter("first"))
  await sleep(0)
  future.addDoneCallback(callback("one"))
  const second = createTask(() => waiter("second"))
  future.addDoneCallback((done) => {
    print("callback adding")
    done.addDoneCallback(callback("added"))
  })
  future.addDoneCallback(removed)
  future.addDoneCallback(removed)
  await sleep(0)
  future.addDoneCallback(callback("two"))
  print("removed", future.removeDoneCallback(removed), future.removeDoneCallback(unknown))
  future.setResult(1)
  print("set", first.done(), second.done())
  for (let turn = 0; turn < 3; turn += 1) {
    await sleep(0)
    print("turn", turn)
  }
  future.addDoneCallback(callback("late"))
  print("value", await future)
  await sleep(0)
}
