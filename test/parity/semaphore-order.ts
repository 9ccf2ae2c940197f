// Permits go to waiters in order of arrival; who comes back goes to the end of the line.
import { Semaphore, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const worker = async (name: string, semaphore: Semaphore): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) {
      await semaphore.run(async () => {
        print(name, turn, semaphore.locked())
        await sleep(0)
      })
    }
  }
  const semaphore = new Semaphore(2)
  await gather(["a", "b", "c", "d", "e"].map((name) => () => worker(name, semaphore)))
  print(semaphore.locked())
  const single = new Semaphore(1)
  await gather(["x", "y", "z"].map((name) => () => worker(name, single)))
  single.release()
  await single.acquire()
  await single.acquire()
  print("grown", single.locked())
}
