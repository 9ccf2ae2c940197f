// The last to come goes on first, the others in order; each has its place, and rounds follow each other.
import { Barrier, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const barrier = new Barrier(3)
  const runner = async (name: string): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) {
      const index = await barrier.wait()
      print(name, turn, index)
      await sleep(10 * (index + 1))
    }
  }
  await gather(["a", "b", "c"].map((name) => () => runner(name)))
  print(barrier.waiting)
}
