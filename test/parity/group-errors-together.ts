// Children that fail in the same turn are all in the error; a body that fails cancels the children.
import { TaskGroupError, sleep, taskGroup } from "../../src/index.ts"
import type { TaskGroup } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const fails = async (name: string, turns: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn += 1) await sleep(0)
    print(name, "fails")
    throw new Error(name)
  }
  const parked = async (name: string): Promise<void> => {
    try {
      await sleep(10_000)
    } finally {
      print(name, "ends")
    }
  }
  const errorsOf = async (body: (group: TaskGroup) => Promise<void>): Promise<void> => {
    try {
      await taskGroup(body)
    } catch (error) {
      if (error instanceof TaskGroupError) print(error.errors.map((one) => (one as Error).message))
    }
  }
  await errorsOf(async (group) => {
    for (const name of ["a", "b"]) void group.createTask(() => fails(name, 1))
    void group.createTask(() => fails("late", 2))
    void group.createTask(() => parked("parked"))
  })
  await errorsOf(async (group) => {
    void group.createTask(() => parked("one"))
    await sleep(0)
    throw new Error("body")
  })
  await errorsOf(async (group) => {
    void group.createTask(() => parked("never starts"))
    throw new Error("at once")
  })
}
