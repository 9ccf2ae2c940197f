// Three workers on a queue, one job fails, one is cut off, and a sentinel each ends them.
import { Queue, TimeoutError, rethrowCancelled, sleep, taskGroup, timeout } from "../../src/index.ts"
import type { Print } from "./print.ts"

async function job(number: number): Promise<number> {
  if (number === 3) throw new Error(`job ${number}`)
  await sleep(10 * number)
  return number * number
}

export async function main(print: Print): Promise<void> {
  const queue = new Queue<number | null>()
  const results: [number, unknown][] = []
  const worker = async (name: string): Promise<void> => {
    for (let number = await queue.get(); number !== null; number = await queue.get()) {
      const taken = number
      print(name, "takes", taken)
      try {
        results.push([taken, await timeout(55, () => job(taken))])
      } catch (error) {
        rethrowCancelled(error)
        results.push([taken, error instanceof TimeoutError ? "too slow" : error])
      }
      queue.taskDone()
    }
    print(name, "ends")
  }
  for (const number of [1, 4, 3, 9, 2]) queue.putNowait(number)
  await taskGroup(async (group) => {
    for (const name of ["w1", "w2", "w3"]) void group.createTask(() => worker(name))
    await queue.join()
    print("joined")
    for (let turn = 0; turn < 3; turn += 1) await queue.put(null)
  })
  for (const [number, result] of results) print(number, result)
}
