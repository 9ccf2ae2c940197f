// What does a task in a group cost, in groups of one, of a hundred, of ten thousand, and in groups of groups?
import { taskGroup } from "tsyncio"
import type { Effect, EffectModule } from "../peers/effect-module.js"
import type { EffectionModule, Operation } from "../peers/effection-module.js"
import { giveOne } from "../peers/effection-module.js"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const one = async (): Promise<number> => 1

/** `groups` groups of `size` tasks, one group after the other. */
function groupsOf(size: number, groups: number): RateQuestion {
  const count = size * groups
  return {
    kind: "rate",
    name: `group-${size}`,
    what: `${groups} groups of ${size}: a task of a function that gives 1 each, results added up (by hand: Promise.all; Effect, Effection: start all, then join all)`,
    count,
    asyncio: `group_of_${size}`,
    async tsyncio() {
      let total = 0
      for (let i = 0; i < groups; i += 1) {
        const tasks = await taskGroup((group) => Array.from({ length: size }, () => group.createTask(one)))
        for (const task of tasks) total += task.result()
      }
      expectResult(total, count)
    },
    async bare() {
      let total = 0
      for (let i = 0; i < groups; i += 1) {
        for (const result of await Promise.all(Array.from({ length: size }, one))) total += result
      }
      expectResult(total, count)
    },
    peers: {
      effect: ({ Effect, Fiber }) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const work = Effect.sync(() => 1)
            let total = 0
            for (let i = 0; i < groups; i += 1) {
              const fibers = []
              for (let j = 0; j < size; j += 1) fibers.push(yield* Effect.forkChild(work))
              for (const fiber of fibers) total += yield* Fiber.join(fiber)
            }
            expectResult(total, count)
          }),
        ),
      effection: ({ run, scoped, spawn }) =>
        run(function* () {
          let total = 0
          for (let i = 0; i < groups; i += 1) {
            total += yield* scoped(function* () {
              const tasks = []
              for (let j = 0; j < size; j += 1) tasks.push(yield* spawn(giveOne))
              let sum = 0
              for (const task of tasks) sum += yield* task
              return sum
            })
          }
          expectResult(total, count)
        }),
    },
  }
}

export const group1: RateQuestion = groupsOf(1, 2000)
export const group100: RateQuestion = groupsOf(100, 100)
export const group10000: RateQuestion = groupsOf(10_000, 1)

/** A tree with ten children at each knot has this many leaves and tasks. */
const depth = 3
const width = 10
const tasksInTree = 10 + 100 + 1000

const ours = async (level: number): Promise<number> => {
  if (level === 0) return 1
  const tasks = await taskGroup((group) =>
    Array.from({ length: width }, () => group.createTask(() => ours(level - 1))),
  )
  return tasks.reduce((sum, task) => sum + task.result(), 0)
}

const bareTree = async (level: number): Promise<number> => {
  if (level === 0) return 1
  const results = await Promise.all(Array.from({ length: width }, () => bareTree(level - 1)))
  return results.reduce((sum, result) => sum + result, 0)
}

const effectTree = (module: EffectModule, level: number): Effect<number> => {
  const { Effect, Fiber } = module
  return Effect.gen(function* () {
    if (level === 0) return 1
    const fibers = []
    for (let i = 0; i < width; i += 1) fibers.push(yield* Effect.forkChild(effectTree(module, level - 1)))
    let sum = 0
    for (const fiber of fibers) sum += yield* Fiber.join(fiber)
    return sum
  })
}

const effectionTree = (module: EffectionModule, level: number): (() => Operation<number>) =>
  function* () {
    if (level === 0) return 1
    return yield* module.scoped(function* () {
      const tasks = []
      for (let i = 0; i < width; i += 1) tasks.push(yield* module.spawn(effectionTree(module, level - 1)))
      let sum = 0
      for (const task of tasks) sum += yield* task
      return sum
    })
  }

export const groupNested: RateQuestion = {
  kind: "rate",
  name: "group-nested",
  what: "a group of 10 tasks that open a group of 10 each, three deep: 111 groups, 1,110 tasks, leaves counted",
  count: tasksInTree,
  asyncio: "group_nested",
  async tsyncio() {
    expectResult(await ours(depth), 1000)
  },
  async bare() {
    expectResult(await bareTree(depth), 1000)
  },
  peers: {
    effect: async (module) => expectResult(await module.Effect.runPromise(effectTree(module, depth)), 1000),
    effection: async (module) => expectResult(await module.run(effectionTree(module, depth)), 1000),
  },
}
