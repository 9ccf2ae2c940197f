// wait: at the first that is done, at the first error, when all are done, when its time is over.
import { createTask, sleep, wait } from "../../src/index.ts"
import type { Task } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string, delay: number, fails = false): Promise<string> => {
    await sleep(delay)
    if (fails) throw new Error(name)
    return name
  }
  const start = (name: string, delay: number, fails = false): Task<string> =>
    createTask(() => work(name, delay, fails), { name })
  const a = start("a", 40)
  const b = start("b", 20)
  const c = start("c", 60, true)
  const d = start("d", 100)
  const names = (tasks: Set<Task<string>>): string[] => [...tasks].map((task) => task.name).sort()
  const tell = (sets: { done: Set<Task<string>>; pending: Set<Task<string>> }, ...more: unknown[]): void =>
    print(names(sets.done), names(sets.pending), ...more)
  tell(await wait([a, b, c, d], { returnWhen: "first-completed" }))
  tell(await wait([a, b, c, d], { returnWhen: "first-completed" }))
  tell(await wait([a, c, d], { timeout: 30 }))
  tell(await wait([a, b, c, d], { returnWhen: "first-exception" }))
  d.cancel()
  const late = start("late", 20)
  tell(await wait([d, late, late], { returnWhen: "first-exception" }))
  tell(await wait([a, b, c, d]), c.exception(), d.cancelled())
}
