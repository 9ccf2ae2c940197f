// A limit that is over already ends the block at its first wait, and only there.
import { TimeoutError, sleep, timeout } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  for (const delay of [0, -1]) {
    let hasExpired = (): boolean => false
    try {
      await timeout(delay * 1000, async (scope) => {
        hasExpired = () => scope.expired()
        print("body", delay)
        await sleep(0)
        print("one turn")
        await sleep(20)
        print("not reached")
      })
    } catch (error) {
      if (error instanceof TimeoutError) print("timed out", hasExpired())
    }
  }
  const left = await timeout(0, async (scope) => {
    const noWait = async (): Promise<string> => "no wait"
    print(await noWait())
    return scope
  })
  print("left", left.expired())
  await sleep(0)
  print("nothing follows")
}
