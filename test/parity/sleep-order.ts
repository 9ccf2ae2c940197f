// Sleepers wake in the order of their deadlines; tasks woken together keep theirs.
import { createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const sleeper = async (name: string, delay: number): Promise<void> => {
    await sleep(delay)
    print(name)
  }
  const plan: [string, number][] = [
    ["d", 80],
    ["b", 40],
    ["a", 20],
    ["c", 60],
    ["zero", 0],
    ["less", -1000],
  ]
  const tasks = plan.map(([name, delay]) => createTask(() => sleeper(name, delay)))
  print("value", await sleep(30, 7))
  for (const task of tasks) await task
  print("ends")
}
