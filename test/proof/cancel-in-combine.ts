// Several works at once, and one several times: small programs around each public function of the room combine.
import { expect } from "vitest"
import {
  TaskGroupError,
  asCompleted,
  cancelAndWait,
  collect,
  createTask,
  dual,
  gather,
  joinOnly,
  map,
  matchErrors,
  race,
  resource,
  retry,
  shield,
  sleep,
  staggeredRace,
  wait,
  waitFor,
} from "../../src/index.ts"
import type { Task } from "../../src/index.ts"
import type { Scenario, World } from "./cancel-rig.ts"

/** Works of different lengths that count who is alive. */
class Crew {
  alive = 0
  ended = 0
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  work(ms: number): () => Promise<number> {
    return async () => {
      this.alive += 1
      try {
        return await this.#world.finalizing(() => sleep(ms, ms))
      } finally {
        this.alive -= 1
        this.ended += 1
      }
    }
  }
}

const several: Scenario[] = [
  {
    title: "gather",
    names: ["gather"],
    stage: (world) => {
      const crew = new Crew(world)
      return {
        victim: async () => await gather([crew.work(3), crew.work(1), crew.work(2)]),
        after: () => expect(crew.alive).toBe(0),
      }
    },
  },
  {
    title: "gather that gives exceptions",
    names: ["gather"],
    stage: (world) => {
      const crew = new Crew(world)
      return {
        victim: async () => await gather([crew.work(2), crew.work(1)], { returnExceptions: true }),
        after: () => expect(crew.alive).toBe(0),
      }
    },
  },
  {
    title: "wait",
    names: ["wait"],
    onSignal: "reason",
    stage: (world) => {
      const crew = new Crew(world)
      const tasks: Task<number>[] = []
      return {
        victim: async (limits) => {
          tasks.push(createTask(crew.work(1)), createTask(crew.work(4)))
          const { done, pending } = await wait(tasks, { returnWhen: "first-completed", ...limits })
          return [done.size, pending.size]
        },
        // The works run on, whatever becomes of the wait.
        after: async () => {
          for (const task of tasks) expect(await task).toBeGreaterThan(0)
          expect(tasks.flatMap((task) => [...task.awaiters()])).toEqual([])
        },
      }
    },
  },
  {
    title: "wait with a time limit of its own",
    names: ["wait"],
    onSignal: "reason",
    stage: (world) => {
      const crew = new Crew(world)
      const tasks: Task<number>[] = []
      return {
        victim: async (limits) => {
          tasks.push(createTask(crew.work(1)), createTask(crew.work(9)))
          const { done, pending } = await wait(tasks, { timeout: 5, ...limits })
          return [done.size, pending.size]
        },
        after: async () => {
          for (const task of tasks) expect(await task).toBeGreaterThan(0)
        },
      }
    },
  },
  {
    title: "waitFor",
    names: ["waitFor"],
    stage: (world) => {
      const crew = new Crew(world)
      return {
        victim: () => waitFor(crew.work(2), 20),
        after: () => expect(crew.alive).toBe(0),
      }
    },
  },
  {
    title: "asCompleted",
    names: ["asCompleted"],
    onSignal: "reason",
    stage: (world) => {
      const crew = new Crew(world)
      const tasks: Task<number>[] = []
      return {
        victim: async (limits) => {
          const order: number[] = []
          tasks.push(createTask(crew.work(4)), createTask(crew.work(1)))
          for await (const outcome of asCompleted(tasks, limits)) if (outcome.ok) order.push(outcome.value)
          return order
        },
        after: async () => {
          for (const task of tasks) expect(await task).toBeGreaterThan(0)
        },
      }
    },
  },
  {
    title: "asCompleted: taken up again by another task",
    names: ["asCompleted"],
    stage: (world) => {
      const crew = new Crew(world)
      const outcomes = asCompleted([crew.work(3), crew.work(5)])
      const got: number[] = []
      const take = async (): Promise<void> => {
        for await (const outcome of outcomes) if (outcome.ok) got.push(outcome.value)
      }
      return {
        victim: () => take(),
        beside: [() => sleep(30).then(take)],
        after: () => expect(got).toEqual([3, 5]),
      }
    },
  },
  {
    title: "map",
    names: ["map"],
    onSignal: "reason",
    stage: (world) => {
      const crew = new Crew(world)
      let closed = 0
      let opened = 0
      async function* source(): AsyncGenerator<number> {
        opened += 1
        try {
          for (const ms of [2, 1, 3]) {
            await sleep(1)
            yield ms
          }
        } finally {
          closed += 1
        }
      }
      return {
        victim: async (limits) => {
          const results: number[] = []
          for await (const ms of map(source(), (ms) => crew.work(ms)(), { concurrency: 2, ...limits }))
            results.push(ms)
          return results
        },
        after: () => {
          expect(crew.alive).toBe(0)
          expect(closed).toBe(opened)
        },
      }
    },
  },
  {
    title: "race",
    names: ["race"],
    stage: (world) => {
      const crew = new Crew(world)
      return {
        victim: () => race([crew.work(3), crew.work(1)]),
        after: () => expect(crew.alive).toBe(0),
      }
    },
  },
  {
    title: "staggeredRace",
    names: ["staggeredRace"],
    stage: (world) => {
      const crew = new Crew(world)
      return {
        victim: async () => {
          const { value, index } = await staggeredRace([crew.work(5), crew.work(1)], 2)
          return [value, index]
        },
        after: () => expect(crew.alive).toBe(0),
      }
    },
  },
]

const single: Scenario[] = [
  {
    title: "shield: the work goes on",
    names: ["shield"],
    stage: (world) => {
      const crew = new Crew(world)
      let task: Task<number> | null = null
      return {
        victim: async () => {
          task = createTask(crew.work(2))
          return await shield(task)
        },
        after: async () => {
          if (task !== null) expect(await task).toBe(2)
        },
      }
    },
  },
  {
    title: "joinOnly: the task goes on",
    names: ["joinOnly"],
    stage: (world) => {
      const crew = new Crew(world)
      let task: Task<number> | null = null
      return {
        victim: () => {
          task = createTask(crew.work(2))
          return joinOnly(task)
        },
        after: async () => {
          if (task !== null) expect(await task).toBe(2)
        },
      }
    },
  },
  {
    title: "cancelAndWait",
    names: ["cancelAndWait"],
    stage: (world) => {
      const crew = new Crew(world)
      return {
        victim: async () => {
          const task = createTask(crew.work(50))
          await sleep(1)
          await cancelAndWait(task, "enough")
          return task.cancelled()
        },
        after: async () => {
          await sleep(60)
          expect(crew.alive).toBe(0)
        },
      }
    },
  },
  {
    title: "retry",
    names: ["retry"],
    onSignal: "reason",
    stage: (world) => {
      let attempts = 0
      return {
        victim: (limits) =>
          retry(
            async (attempt) => {
              attempts += 1
              await world.finalizing(() => sleep(1))
              if (attempt < 3) throw new Error("not yet")
              return "at last"
            },
            { attempts: 4, delay: 2, jitter: false, ...limits },
          ),
        after: () => expect(attempts).toBeLessThanOrEqual(3),
      }
    },
  },
  ...(["array", "map", "object"] as const).map((method): Scenario => ({
    title: `collect.${method}`,
    names: [`collect.${method}`],
    stage: () => {
      let opened = 0
      let closed = 0
      async function* pairs(): AsyncGenerator<[string, number]> {
        opened += 1
        try {
          for (const key of ["a", "b"]) {
            await sleep(1)
            yield [key, 1]
          }
        } finally {
          closed += 1
          await sleep(1)
        }
      }
      return {
        victim: (): Promise<unknown> => (collect[method] as (source: unknown) => Promise<unknown>)(pairs()),
        after: () => expect(closed).toBe(opened),
      }
    },
  })),
  ...([true, false] as const).map((byUse): Scenario => ({
    title: `resource ${byUse ? "by use" : "by await using"}`,
    names: byUse ? ["Resource.use", "resource"] : ["Resource.call", "resource"],
    stage: (world) => {
      let opened = 0
      let closed = 0
      const connection = resource(async function* () {
        await sleep(1)
        opened += 1
        try {
          yield "connection"
        } finally {
          closed += 1
          await sleep(1)
        }
      })
      const use = (): Promise<void> => world.finalizing(() => sleep(1))
      return {
        victim: async () => {
          if (byUse) await connection.use(use)
          else {
            await using _held = await connection()
            await use()
          }
          return "used"
        },
        after: () => expect(closed).toBe(opened),
      }
    },
  })),
  {
    title: "dual: the asynchronous form",
    names: ["Dual.async", "dual"],
    stage: () => {
      let begun = 0
      let ended = 0
      const pause = dual({ sync: (ms: number) => ms, async: (ms: number) => sleep(ms, ms) })
      const twice = dual(function* (ms: number) {
        begun += 1
        try {
          return (yield* pause(ms)) + (yield* pause(ms))
        } finally {
          ended += 1
          yield* pause(1)
        }
      })
      return {
        victim: () => twice.async(2),
        after: () => expect(ended).toBe(begun),
      }
    },
  },
  {
    title: "matchErrors",
    names: ["matchErrors"],
    stage: (world) => ({
      victim: async () => {
        const group = new TaskGroupError([new RangeError("a"), new TypeError("b")])
        const seen: string[] = []
        const note = (name: string) => (): Promise<void> =>
          world.finalizing(async () => {
            await sleep(1)
            seen.push(name)
          })
        await matchErrors(group, [
          [RangeError, note("range")],
          [TypeError, note("type")],
        ])
        return seen
      },
    }),
  },
]

/** Scenarios of the room combine. */
export const cancelInCombine: readonly Scenario[] = [...several, ...single]
