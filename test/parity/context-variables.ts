// A context variable is seen by callees and children, not by siblings or the creator; callbacks keep theirs.
import { ContextVar, createTask, gather, getRunningLoop, run, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export const ownRun = true

export async function main(print: Print): Promise<void> {
  const variable = new ContextVar("variable", { default: "default" })
  const grandchild = async (): Promise<void> => {
    print("grandchild", variable.get())
    variable.set("grandchild's")
  }
  const child = async (name: string): Promise<void> => {
    print(name, "starts with", variable.get())
    variable.set(`${name}'s`)
    await sleep(0)
    await createTask(grandchild)
    print(name, "has", variable.get())
  }
  await run(async () => {
    variable.set("main's")
    getRunningLoop().callSoon(() => print("callback", variable.get()))
    const a = createTask(() => child("a"))
    const token = variable.set("later")
    const b = createTask(() => child("b"))
    await gather([a, b])
    print("main", variable.get())
    variable.reset(token)
    print("reset", variable.get())
    await createTask(async () => void variable.set("callee's"))
    print("after a task", variable.get())
  })
  print("outside", variable.get())
}
