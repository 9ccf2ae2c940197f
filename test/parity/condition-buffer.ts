// A bounded buffer on one condition: predicates are looked at again after each notice.
import { Condition, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const condition = new Condition()
  const buffer: string[] = []
  const taken: string[] = []
  const producer = async (name: string): Promise<void> => {
    for (let item = 0; item < 3; item += 1) {
      await condition.run(async () => {
        await condition.waitFor(() => buffer.length < 2)
        buffer.push(`${name}${item}`)
        condition.notifyAll()
      })
      await sleep(10)
    }
  }
  const consumer = async (name: string, pause: number): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) {
      await condition.run(async () => {
        const found = await condition.waitFor(() => buffer.length)
        taken.push(buffer.shift() ?? "nothing")
        print(name, found, taken.at(-1))
        condition.notifyAll()
      })
      await sleep(pause)
    }
  }
  await gather([() => consumer("x", 30), () => consumer("y", 35), () => producer("a"), () => producer("b")])
  print(taken, buffer)
}
