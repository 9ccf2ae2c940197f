// explore: what it finds, how it shows it, and what it leaves in order.
import { expect, it } from "vitest"
import type { Task } from "../../src/index.ts"
import {
  DeadlockError,
  Event,
  Future,
  Lock,
  Queue,
  Semaphore,
  TimeoutError,
  createTask,
  getRunningLoop,
  isCancelled,
  run,
  sleep,
  taskGroup,
  timeout,
  wait,
  waitFor,
} from "../../src/index.ts"
import { ExploreError, LeakError, explore, now } from "../../src/testing/index.ts"
import type { ExploreOptions, ExploredProgram } from "../../src/testing/index.ts"

/** A program whose tasks take so many turns each, the first one their start; nothing else takes one. */
function turnsOf(...turns: readonly number[]): ExploredProgram {
  return async () => {
    const over = new Future<void>()
    let living = turns.length
    const walk = async (count: number): Promise<void> => {
      for (let turn = 1; turn < count; turn += 1) await sleep(0)
      living -= 1
      if (living === 0) over.setResult()
    }
    for (const count of turns) void createTask(() => walk(count))
    await over
  }
}

/** Two or more tasks that read, wait and write what they read plus one. */
function lostUpdate(names: readonly string[], expected = names.length): ExploredProgram {
  return async () => {
    let balance = 0
    await taskGroup(async (group) => {
      for (const name of names) {
        group.createTask(
          async () => {
            const lock = new Lock()
            await lock.run(async () => {
              const read = balance
              if (name !== "careful") await sleep(0)
              balance = read + 1
            })
          },
          { name },
        )
      }
    })
    if (balance !== expected) throw new RangeError(`balance is ${balance}`)
  }
}

async function findingOf(program: ExploredProgram, options: ExploreOptions): Promise<ExploreError> {
  try {
    await explore(program, options)
  } catch (error) {
    if (error instanceof ExploreError) return error
    throw error
  }
  throw new Error("nothing was found")
}

it.each([
  [[1], 1],
  [[2, 2], 6],
  [[3, 2], 10],
  [[3, 3], 20],
  [[2, 2, 2], 90],
  [[4, 3, 1], 280],
  [[3, 3, 3], 1680],
])("an exhaustive walk of tasks with %j turns has %i schedules, each once", async (turns, count) => {
  const report = await explore(turnsOf(...turns), { exhaustive: true })
  expect(report.schedules).toBe(count)
  expect(report.distinct).toBe(count)
})

it("an exhaustive walk sees every order of turns, and no other", async () => {
  const orders: string[] = []
  await explore(
    async () => {
      const order: string[] = []
      const over = new Future<void>()
      const mark = async (name: string): Promise<void> => {
        order.push(name)
        await sleep(0)
        order.push(name.toUpperCase())
        if (order.length === 4) over.setResult()
      }
      void createTask(() => mark("a"))
      void createTask(() => mark("b"))
      await over
      orders.push(order.join(""))
    },
    { exhaustive: true, recheck: 0 },
  )
  expect(orders.sort()).toEqual(["aAbB", "abAB", "abBA", "baAB", "baBA", "bBaA"].sort())
})

it("a bound of turns out of order cuts the walk: none is the order of arrival, one is one neighbour each", async () => {
  const count = async (mostDeviations: number): Promise<number> =>
    (await explore(turnsOf(2, 2), { exhaustive: true, mostDeviations })).schedules
  expect(await count(0)).toBe(1)
  expect(await count(1)).toBeGreaterThan(1)
  expect(await count(1)).toBeLessThan(6)
  expect(await count(3)).toBe(6)
})

it("an exhaustive walk that is too long fails and says so", async () => {
  const found = await findingOf(turnsOf(3, 3, 3), { exhaustive: true, mostSchedules: 100 })
  expect(found.problem).toBe("too many schedules")
  expect(found.message).toContain("100 schedules were run and there are more")
})

it("finds a lost update by seeds, and tells it turn by turn", async () => {
  const found = await findingOf(lostUpdate(["careful", "a"]), { seeds: 100 })
  expect(found.problem).toBe("failed")
  expect(found.cause).toBeInstanceOf(RangeError)
  expect(found.seed).toBeGreaterThan(0)
  expect(found.trace).toEqual([
    'task "main" starts',
    '(out of order, ahead of: task "careful" starts)',
    'task "a" starts',
    'task "careful" starts',
    'task "a" goes on after sleep',
    'task "careful" tells its group that it has ended',
    'task "a" tells its group that it has ended',
    'task "main" goes on after task group',
  ])
  expect(found.message).toContain(
    "Minimal interleaving, 1 turn out of order (no schedule with fewer fails so):",
  )
  expect(found.message).toContain('  task "careful" starts\n')
  expect(found.message).toContain(`explore(program, { seed: ${found.seed}, replay: "0:1" })`)
})

it("a program that fails in the order of arrival is shown in it, whichever seed found it", async () => {
  const found = await findingOf(lostUpdate(["a", "b", "c"]), { seed: 77, seeds: 5 })
  expect(found.replay).toBe("")
  expect(found.seed).toBe(77)
  expect(found.message).toContain("all in order of arrival")
})

it("what a failure printed shows exactly that schedule again", async () => {
  const program = lostUpdate(["careful", "careful", "a"])
  const found = await findingOf(program, { seeds: 100 })
  const again = await findingOf(program, { seed: found.seed ?? 0, replay: found.replay })
  expect(again.trace).toEqual(found.trace)
  expect(again.replay).toBe(found.replay)
  const bySeed = await findingOf(program, { seed: found.seed ?? 0 })
  expect(bySeed.trace).toEqual(found.trace)
  expect(bySeed.schedules).toBe(1)
})

it("a replay that does not fit the program any more is told", async () => {
  const found = await findingOf(turnsOf(2, 2), { replay: "40:1" })
  expect(found.problem).toBe("not deterministic")
  await expect(explore(turnsOf(1), { replay: "nonsense" })).rejects.toThrow(TypeError)
})

it("the minimal interleaving has the fewest turns out of order that fail", async () => {
  // Needs the last two tasks ahead of the first one: no single turn out of order will do.
  const program: ExploredProgram = async () => {
    const order: string[] = []
    await taskGroup(async (group) => {
      for (const name of ["a", "b", "c", "d"])
        group.createTask(async () => {
          await sleep(0)
          order.push(name)
        })
    })
    if (order.indexOf("d") < order.indexOf("a") && order.indexOf("c") < order.indexOf("a"))
      throw new Error("found")
  }
  const least = async (): Promise<number> => {
    for (let most = 0; ; most += 1) {
      try {
        await explore(program, { exhaustive: true, mostDeviations: most, mostSchedules: 100_000 })
      } catch (error) {
        if (error instanceof ExploreError && error.problem === "failed") return most
        throw error
      }
    }
  }
  const found = await findingOf(program, { seeds: 1000 })
  expect(found.replay.split(" ")).toHaveLength(await least())
  expect(found.message).toContain("no schedule with fewer fails so")
})

it("each seed gives the identical trace when it is run again", async () => {
  const run = (): Promise<string[]> => {
    const log: string[] = []
    return explore(
      async ({ choose }) => {
        const names = ["a", "b", "c"]
        await taskGroup(async (group) => {
          for (const name of names)
            group.createTask(async () => {
              log.push(`${name} ${choose([1, 2, 3])}`)
              await sleep(0)
              log.push(name)
            })
        })
      },
      { seeds: 200, recheck: 1 },
    ).then(() => log)
  }
  const first = await run()
  expect(await run()).toEqual(first)
})

// Turns are counted over all schedules, and after so many of them the event loop used to get in.
it("a schedule comes out the same however many turns came before it", async () => {
  const limited = async (): Promise<void> => {
    for (let round = 0; round < 3; round += 1)
      try {
        await waitFor(() => sleep(0), null)
        await waitFor(() => sleep(5), 5)
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error
      }
  }
  const program: ExploredProgram = async () => {
    const tasks = [createTask(limited), createTask(limited)]
    void createTask(async () => void tasks[0]?.cancel())
    await wait(tasks)
  }
  const report = await explore(program, { seeds: 1000, recheck: 1 })
  expect(report.turns).toBeGreaterThan(10_000)
})

it("a program that something else decides is found out, by seeds and in a walk", async () => {
  let calls = 0
  const program: ExploredProgram = async () => {
    calls += 1
    for (let i = 0; i < calls % 3; i += 1) await sleep(0)
  }
  const found = await findingOf(program, { seeds: 10 })
  expect(found.problem).toBe("not deterministic")
  expect(found.message).toContain("came out differently a second time, at turn")
  let walks = 0
  const growing: ExploredProgram = async (choices) => {
    walks += 1
    await turnsOf(2, walks === 2 ? 3 : 2)(choices)
  }
  const inWalk = await findingOf(growing, { exhaustive: true, recheck: 0 })
  expect(inWalk.problem).toBe("not deterministic")
})

it("a deadlock is found and told with its schedule", async () => {
  const program: ExploredProgram = () =>
    taskGroup(async (group) => {
      const [left, right] = [new Lock(), new Lock()]
      group.createTask(() => left.run(() => right.run(() => sleep(0))), { name: "left" })
      group.createTask(() => right.run(() => sleep(0).then(() => left.run(() => {}))), { name: "right" })
    })
  const found = await findingOf(program, { exhaustive: true })
  expect(found.problem).toBe("deadlock")
  expect(found.cause).toBeInstanceOf(DeadlockError)
  expect(found.message).toContain('task "left" waits for lock')
  expect(found.trace).toContain("nothing is left that could wake the tasks; they are ended")
})

it("a program that goes on and on is ended and told, also one that catches everything", async () => {
  const spins: ExploredProgram = async () => {
    for (;;) await sleep(0)
  }
  const clings: ExploredProgram = async () => {
    for (;;) await sleep(0).catch(() => {})
  }
  for (const program of [spins, clings]) {
    const found = await findingOf(program, { seeds: 1, mostTurns: 200 })
    expect(found.problem).toBe("endless")
    expect(found.message).toContain("did not end within 200 turns")
  }
})

it("an await that never settles is a deadlock as well", async () => {
  const found = await findingOf(() => new Promise(() => {}), { seeds: 1 })
  expect(found.problem).toBe("deadlock")
  expect(found.message).toContain("is in a foreign await")
})

it("a failure that reached nobody fails the schedule", async () => {
  const program: ExploredProgram = async () => {
    void createTask(() => Promise.reject(new Error("unseen")))
    await sleep(0)
  }
  const found = await findingOf(program, { exhaustive: true })
  expect(found.cause).toBeInstanceOf(LeakError)
})

it("a lock serves in order of arrival under every schedule", async () => {
  const report = await explore(
    async () => {
      const lock = new Lock()
      const [came, served]: [number[], number[]] = [[], []]
      await taskGroup(async (group) => {
        for (let id = 0; id < 4; id += 1)
          group.createTask(async () => {
            came.push(id)
            await lock.acquire()
            served.push(id)
            await sleep(0)
            lock.release()
          })
      })
      expect(served).toEqual(came)
    },
    { seeds: 2000 },
  )
  expect(report.distinct).toBeGreaterThan(1000)
})

it("who was served before goes on later than another, but with what was handed to it", async () => {
  const seen = new Set<string>()
  await explore(
    async () => {
      const queue = new Queue<number>()
      const got: string[] = []
      const tasks = ["a", "b"].map((name) =>
        createTask(async () => void got.push(`${name}${await queue.get()}`)),
      )
      await sleep(0)
      while (queue.statistics().getters < 2) await sleep(0)
      queue.putNowait(1)
      queue.putNowait(2)
      for (const task of tasks) await task
      seen.add(got.join(" "))
    },
    { seeds: 500 },
  )
  expect([...seen].sort()).toEqual(["a1 b2", "a2 b1", "b1 a2", "b2 a1"])
})

it("callbacks keep their order among themselves", async () => {
  await explore(
    async () => {
      const order: number[] = []
      const over = new Event()
      const loop = getRunningLoop()
      for (let i = 0; i < 4; i += 1) loop.callSoon(() => order.push(i))
      void createTask(() => sleep(0))
      loop.callSoon(() => over.set())
      await over.wait()
      expect(order).toEqual([0, 1, 2, 3])
    },
    { exhaustive: true },
  )
})

it("timers of one instant fire in any order, those of another time do not change places", async () => {
  const seen = new Set<string>()
  await explore(
    async () => {
      const rest = async (): Promise<string> => {
        try {
          return await timeout(10, () => sleep(10, "slept"))
        } catch {
          return "late"
        }
      }
      const soon = createTask(() => sleep(9).then(() => now()))
      seen.add(await rest())
      expect(await soon).toBe(9)
    },
    { exhaustive: true },
  )
  expect([...seen].sort()).toEqual(["late", "slept"])
})

it("a task that cancels another does it at every point: before it starts, at each wait, and too late", async () => {
  const seen = new Map<string, number>()
  await explore(
    async () => {
      const trail: string[] = []
      const over = new Future<void>()
      const victim: Task<void> = createTask(async () => {
        try {
          for (const place of ["one", "two", "three"]) {
            trail.push(place)
            await sleep(0)
          }
        } catch (error) {
          trail.push(isCancelled(error) ? "cancelled" : "failed")
          throw error
        }
      })
      victim.addListener({ futureDone: () => over.setResult() })
      void createTask(async () => void victim.cancel())
      await over
      const outcome = [...trail, victim.cancelled() ? "" : "done"].join(" ")
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1)
    },
    { exhaustive: true, recheck: 0 },
  )
  expect([...seen.keys()].sort()).toEqual(
    ["", "one cancelled ", "one two cancelled ", "one two three cancelled ", "one two three done"].sort(),
  )
})

it("choose() is walked like turns, and shrinks to the first option", async () => {
  const seen: string[] = []
  const program: ExploredProgram = ({ choose }) => {
    const picked = `${choose(["a", "b", "c"])}${choose([1, 2])}${choose(["only"])}`
    seen.push(picked)
    if (picked.startsWith("c")) throw new Error(picked)
  }
  const found = await findingOf(program, { seeds: 100 })
  expect((found.cause as Error).message).toBe("c1only")
  expect(found.trace).toContain("the program chooses c, number 3 of 3")
  seen.length = 0
  await findingOf(program, { exhaustive: true, recheck: 0 })
  expect(seen.slice(0, 5)).toEqual(["a1only", "a2only", "b1only", "b2only", "c1only"])
  const empty = await findingOf(({ choose }) => choose([]), { seeds: 1 })
  expect(empty.cause).toBeInstanceOf(RangeError)
})

it("an error that is not the same does not count while the schedule is made shorter", async () => {
  const found = await findingOf(
    ({ choose }) => {
      const kind = choose(["type", "range", "fine"])
      if (kind === "type") throw new TypeError("first")
      if (kind === "range") throw new RangeError("second")
    },
    { replay: "0:1" },
  )
  expect(found.cause).toBeInstanceOf(RangeError)
})

it("nothing of it is left: afterwards turns come in order of arrival again, also after a failure", async () => {
  await findingOf(lostUpdate(["a", "b"]), { seeds: 1 })
  const order: number[] = []
  await run(() =>
    taskGroup(async (group) => {
      for (let i = 0; i < 20; i += 1) group.createTask(async () => void order.push(i))
    }),
  )
  expect(order).toEqual([...Array(20).keys()])
})

it("refuses what makes no sense", async () => {
  const fine = turnsOf(1)
  await expect(explore(7 as never)).rejects.toThrow(TypeError)
  await expect(explore(fine, { seeds: 0 })).rejects.toThrow(
    "Expected `seeds` to be an integer from 1 up, got `0`",
  )
  await expect(explore(fine, { seed: 0.5 })).rejects.toThrow(RangeError)
  await expect(explore(fine, { recheck: 2 })).rejects.toThrow(RangeError)
  await expect(explore(fine, { mostTurns: "x" as never })).rejects.toThrow(TypeError)
})

it("permits of a semaphore never number more than it has, under many schedules", async () => {
  const report = await explore(
    async () => {
      const semaphore = new Semaphore(2)
      let inside = 0
      await taskGroup(async (group) => {
        for (let id = 0; id < 4; id += 1)
          group.createTask(() =>
            semaphore.run(async () => {
              inside += 1
              expect(inside).toBeLessThanOrEqual(2)
              await sleep(0)
              inside -= 1
            }),
          )
      })
    },
    { seeds: 500 },
  )
  expect(report).toMatchObject({ schedules: 500, rechecked: 5 })
  expect(report.mostChoices).toBeGreaterThan(5)
  expect(report.turns).toBeGreaterThan(500 * 9)
})

it("between two timers of one instant others may have their turns", async () => {
  const seen = new Set<string>()
  await explore(
    async () => {
      const order: string[] = []
      const loop = getRunningLoop()
      const over = new Event()
      loop.callLater(5, () => order.push("callback"))
      void createTask(async () => {
        await sleep(5)
        order.push("task")
        await sleep(0)
        order.push("later")
        over.set()
      })
      await over.wait()
      await sleep(1)
      seen.add(order.join(" "))
    },
    { exhaustive: true },
  )
  expect([...seen].sort()).toEqual(["callback task later", "task callback later", "task later callback"])
})
