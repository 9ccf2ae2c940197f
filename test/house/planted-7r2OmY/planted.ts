import { Task, sleep } from "../../../src/index.ts"

export function main(task: Task<number>, value: any): number {
  if (sleep(1)) throw "no"
  return value === task ? 1 : 2
}
