// sleep(0) goes to the end of the line: tasks take turns, and a nested call changes no order.
import { createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

async function deep(depth: number): Promise<void> {
  if (depth > 0) await deep(depth - 1)
  else await sleep(0)
}

export async function main(print: Print): Promise<void> {
  const work = async (name: string, depth: number): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) {
      print(name, turn)
      await deep(depth)
    }
    print(name, "ends")
  }
  const tasks = [
    createTask(() => work("a", 0)),
    createTask(() => work("b", 5)),
    createTask(() => work("c", 1)),
  ]
  for (let turn = 0; turn < 3; turn += 1) {
    print("main", turn)
    await sleep(0)
  }
  for (const task of tasks) await task
  print("value", await sleep(0, "v"))
}
