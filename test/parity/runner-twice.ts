// One runner runs several times: its context is kept.
import { ContextVar, Runner, currentTask, isCancelled, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export const ownRun = true

export async function main(print: Print): Promise<void> {
  const variable = new ContextVar("variable", { default: "default" })
  const runner = new Runner()
  print(
    await runner.run(async () => {
      variable.set("first's")
      print("first", variable.get())
      return 1
    }),
  )
  try {
    await runner.run(async () => {
      print("second", variable.get())
      currentTask()?.cancel("why")
      await sleep(0)
    })
  } catch (error) {
    if (isCancelled(error)) print("cancelled", error.reason)
  }
  await runner.close()
  try {
    await runner.run(() => 1)
  } catch {
    print("closed")
  }
  print(variable.get())
}
