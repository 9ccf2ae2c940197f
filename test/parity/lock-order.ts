// A lock serves its waiters in order of arrival, one a release; who asks again goes to the end.
import { InvalidStateError, Lock, createTask, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const lock = new Lock()
  const worker = async (name: string): Promise<void> => {
    for (let turn = 0; turn < 2; turn += 1) {
      await lock.run(async () => {
        print(name, turn)
        await sleep(0)
        await sleep(0)
      })
    }
  }
  print(lock.locked(), (await lock.acquire()) !== null, lock.locked())
  const tasks = ["a", "b", "c"].map((name) => createTask(() => worker(name)))
  for (let turn = 0; turn < 3; turn += 1) await sleep(0)
  print("held")
  lock.release()
  await gather(tasks)
  print(lock.locked())
  try {
    lock.release()
  } catch (error) {
    if (error instanceof InvalidStateError) print("not held")
  }
}
