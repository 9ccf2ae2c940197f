// gather gives results in the order of its arguments, whatever the order of finishing; nested, too.
import { createTask, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string, delay: number): Promise<string> => {
    print(name, "starts")
    await sleep(delay)
    print(name, "ends")
    return name
  }
  const shared = createTask(() => work("shared", 20))
  const results = await gather([
    () => work("slow", 60),
    gather([() => work("inner", 40), shared]),
    shared,
    () => work("fast", 0),
  ])
  print(results)
  const empty = gather([])
  print(await empty)
}
