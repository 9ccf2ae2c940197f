// Sixty programs out of a generator: tasks that take turns, wait, lock, fail, clean up and cancel each other.
import { Event, Future, Lock, createTask, currentTask, isCancelled, sleep } from "../../src/index.ts"
import type { Task } from "../../src/index.ts"
import type { Print } from "./print.ts"

interface Step {
  readonly word: string
  readonly number: number
  readonly steps: readonly Step[]
  readonly more: readonly Step[]
}

/** The same numbers in both languages: Park and Miller's generator. */
class Numbers {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  below(limit: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647
    return this.#state % limit
  }
}

class Program {
  readonly #numbers: Numbers
  readonly #words: readonly string[]
  last = 0

  constructor(seed: number, words: readonly string[]) {
    this.#numbers = new Numbers(seed)
    this.#words = words
  }

  block(depth: number, longest: number): Step[] {
    const steps: Step[] = []
    for (let left = 1 + this.#numbers.below(longest); left > 0; left -= 1) steps.push(this.#step(depth))
    return steps
  }

  #step(depth: number): Step {
    this.last += 1
    const number = this.last
    const words = depth > 0 ? this.#words : this.#words.slice(0, -4)
    const word = words[this.#numbers.below(words.length)] ?? ""
    if (word === "try" || word === "finally") {
      return { word, number, steps: this.block(depth - 1, 4), more: this.block(depth - 1, 2) }
    }
    const hasSteps = word === "spawn" || word === "lock"
    return { word, number, steps: hasSteps ? this.block(depth - 1, 5) : [], more: [] }
  }
}

class World {
  readonly tasks: Task<number>[] = []
  readonly #numbers: Numbers
  readonly #print: Print
  readonly #lock = new Lock()
  readonly #event = new Event()
  #future = new Future<number>()

  constructor(numbers: Numbers, print: Print) {
    this.#numbers = numbers
    this.#print = print
  }

  spawn(number: number, steps: readonly Step[]): void {
    const body = async (): Promise<number> => {
      this.#print("start", number)
      try {
        await this.#all(steps)
        this.#print("end", number)
      } catch (error) {
        if (isCancelled(error)) this.#print("cancelled", number)
        else this.#print("failed", number, error)
        throw error
      }
      return number
    }
    this.tasks.push(createTask(body, { name: String(number) }))
  }

  async #all(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.#one(step)
  }

  async #one({ word, number, steps, more }: Step): Promise<void> {
    const print = this.#print
    switch (word) {
      case "turn":
        await sleep(0)
        return print("turn", number)
      case "spawn":
        return this.spawn(number, steps)
      case "cancel": {
        const task = this.tasks[this.#numbers.below(this.tasks.length)]
        return print("cancel", task?.name, task?.cancel())
      }
      case "fail":
        throw new Error(`error ${number}`)
      case "await": {
        // Only younger tasks, so that nobody waits in a circle.
        const task = this.tasks[this.tasks.findIndex((one) => one === currentTask()) + 1]
        if (task !== undefined) print("got", number, await task)
        return
      }
      case "future":
        return print("future", number, await this.#future)
      case "result":
        if (!this.#future.done()) this.#future.setResult(number)
        this.#future = new Future()
        return
      case "set":
        return this.#event.set()
      case "clear":
        return this.#event.clear()
      case "event":
        return print("event", number, await this.#event.wait())
      case "lock":
        if (this.#lock.locked()) return
        return this.#lock.run(async () => {
          print("locked", number)
          await this.#all(steps)
        })
      case "try":
        try {
          await this.#all(steps)
        } catch (error) {
          if (isCancelled(error)) print("caught", number)
          else print("error", number, error)
          await this.#all(more)
          if (!isCancelled(error)) throw error
        }
        return
      default:
        try {
          await this.#all(steps)
        } finally {
          print("finally", number)
          await this.#all(more)
        }
    }
  }
}

async function play(seed: number, words: readonly string[], print: Print): Promise<void> {
  const program = new Program(seed, words)
  const world = new World(new Numbers(seed + 1), print)
  for (let turn = 0; turn < 3; turn += 1) {
    program.last += 1
    world.spawn(program.last, program.block(3, 5))
  }
  for (let turn = 0; turn < 60; turn += 1) await sleep(0)
  print("-- the rest is cancelled")
  while (world.tasks.some((task) => !task.done())) {
    for (const task of world.tasks) task.cancel()
    await sleep(0)
  }
  for (const task of world.tasks) {
    print(task.name, task.cancelled() ? "cancelled" : task.exception() === null ? "done" : "failed")
  }
}

export async function main(print: Print): Promise<void> {
  const cancels = "turn turn cancel cancel fail await future result try finally spawn spawn".split(" ")
  const locks = "turn turn turn event set clear future result spawn finally spawn lock".split(" ")
  for (let seed = 1; seed <= 60; seed += 1) {
    print("---", seed)
    await play(seed, seed % 3 > 0 ? cancels : locks, print)
  }
}
