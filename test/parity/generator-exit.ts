// A generator that is left early runs its finally, also when the break comes from a cancel.
import { createTask, isCancelled, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  async function* numbers(name: string): AsyncGenerator<number> {
    try {
      for (let number = 0; number < 10; number += 1) {
        await sleep(0)
        yield number
      }
    } finally {
      print(name, "closes")
      await sleep(20)
      print(name, "closed")
    }
  }
  for await (const number of numbers("left")) {
    print(number)
    if (number === 2) break
  }
  print("after the loop")
  const task = createTask(async () => {
    for await (const number of numbers("cancelled")) {
      print("read", number)
      if (number === 1) await sleep(10_000)
    }
  })
  await sleep(20)
  task.cancel()
  try {
    await task
  } catch (error) {
    if (isCancelled(error)) print("reader cancelled")
  }
  try {
    for await (const number of numbers("broken")) throw new Error(String(number))
  } catch (error) {
    print("error", error)
  }
  const whole: number[] = []
  for await (const number of numbers("whole")) if (number % 4 === 0) whole.push(number)
  print(whole)
}
