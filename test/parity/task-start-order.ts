// Tasks start in the order in which they were created, after their creator has parked.
import { allTasks, createTask, currentTask } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string): Promise<string> => {
    print(name, "starts")
    print(name, "is", currentTask()?.name)
    return name.toUpperCase()
  }
  const [a, b, c] = ["a", "b", "c"].map((name) => createTask(() => work(name), { name: `task ${name}` }))
  if (a === undefined || b === undefined || c === undefined) return
  const tasks = [a, b, c]
  print(
    "created",
    tasks.map((task) => task.done()),
  )
  const late = createTask(() => work("d"), { name: "task d" })
  print("first", await a)
  print(
    "now",
    tasks.map((task) => task.done()),
    late.done(),
  )
  print("again", await a, await c, await late)
  print("all", allTasks().size)
}
