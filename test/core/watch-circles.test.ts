// Tasks that wait for each other in a circle, while something else keeps the process alive (E4).
import { expect, it } from "vitest"
import type { Problem, RunOptions, Task } from "../../src/index.ts"
import {
  DeadlockError,
  Future,
  Lock,
  Semaphore,
  cancelScope,
  createTask,
  gather,
  getRunningLoop,
  run,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

/** Runs `main` in debug mode; gives what was reported. */
async function problemsOf(main: () => Promise<void>, options: RunOptions = {}): Promise<string[]> {
  const problems: string[] = []
  await runVirtual(main, { debug: true, ...options, onProblem: ({ message }) => void problems.push(message) })
  return problems
}

async function endAll(...tasks: readonly Task<unknown>[]): Promise<void> {
  await sleep(10)
  for (const task of tasks) task.cancel()
  await gather(tasks, { returnExceptions: true })
}

it("E4: two tasks that await each other are named", async () => {
  const problems = await problemsOf(async () => {
    const one: Task<unknown> = createTask(async () => void (await two), { name: "one" })
    const two: Task<unknown> = createTask(async () => void (await one), { name: "two" })
    await endAll(one, two)
  })
  expect(problems).toEqual([
    'Tasks wait for each other in a circle: task "two" waits for task "one" (future), task "one" waits for task "two" (future)',
  ])
})

it("E4: two tasks that take two locks in two orders are named", async () => {
  const problems = await problemsOf(async () => {
    const [red, blue] = [new Lock(), new Lock()]
    const take = (first: Lock, second: Lock, name: string): Task<void> =>
      createTask(
        async () => {
          using _ = await first.acquire()
          await sleep(1)
          using __ = await second.acquire()
        },
        { name },
      )
    await endAll(take(red, blue, "one"), take(blue, red, "two"))
  })
  expect(problems).toEqual([
    'Tasks wait for each other in a circle: task "two" waits for task "one" (lock), task "one" waits for task "two" (lock)',
  ])
})

it("E4: a lock that was handed over is known by its new holder", async () => {
  const problems = await problemsOf(async () => {
    const lock = new Lock()
    await lock.acquire()
    const holder = createTask(
      async () => {
        using _ = await lock.acquire()
        await waiter
      },
      { name: "holder" },
    )
    const waiter: Task<unknown> = createTask(
      async () => {
        await sleep(1)
        using _ = await lock.acquire()
      },
      { name: "waiter" },
    )
    await sleep(0)
    lock.release()
    await endAll(holder, waiter)
  })
  expect(problems).toHaveLength(1)
})

it("E4: a child that awaits the task its group belongs to, and one that awaits its gatherer, are named", async () => {
  const problems = await problemsOf(async () => {
    const owner: Task<unknown> = createTask(
      () => taskGroup((group) => void group.createTask(async () => void (await owner), { name: "child" })),
      { name: "owner" },
    )
    await sleep(0)
    await endAll(owner)
    const gatherer: Task<unknown> = createTask(() => gather([async () => void (await gatherer)]), {
      name: "gatherer",
    })
    await endAll(gatherer)
  })
  expect(problems).toHaveLength(2)
  expect(problems[0]).toContain('task "child" waits for task "owner" (future)')
})

it("a circle that a time limit will open is left alone", async () => {
  const problems = await problemsOf(async () => {
    const lock = new Lock()
    await lock.acquire()
    await lock.acquire({ timeout: 10 }).catch(() => {})
    const one: Task<unknown> = createTask(() => timeout(5, async () => two))
    const two: Task<unknown> = createTask(async () => void (await one))
    await gather([one, two], { returnExceptions: true })
  })
  expect(problems).toEqual([])
})

it("a lock that its holder takes again is a circle of one", async () => {
  const problems = await problemsOf(async () => {
    const task = createTask(async () => {
      const lock = new Lock()
      await lock.acquire()
      await lock.acquire()
    })
    await endAll(task)
  })
  expect(problems).toEqual([
    expect.stringMatching(/^Tasks wait .*: task "Task-\d+" waits for task .* \(lock\)$/),
  ])
})

it("a chain without a circle is no problem, and without debug mode nobody looks", async () => {
  const chain = async (): Promise<void> => {
    const last = createTask(() => sleep(5))
    const middle = createTask(async () => last)
    await middle
  }
  expect(await problemsOf(chain)).toEqual([])
  const problems: string[] = []
  await runVirtual(
    async () => {
      const one: Task<unknown> = createTask(async () => void (await two))
      const two: Task<unknown> = createTask(async () => void (await one))
      await endAll(one, two)
    },
    { debug: false, onProblem: ({ message }) => void problems.push(message) },
  )
  expect(problems).toEqual([])
})

it("E4: in a strict run a circle is a DeadlockError", async () => {
  const running = run(
    async () => {
      const one: Task<unknown> = createTask(async () => void (await two))
      const two: Task<unknown> = createTask(async () => void (await one))
      await sleep(60_000)
    },
    { debug: true, strict: true },
  )
  await expect(running).rejects.toBeInstanceOf(DeadlockError)
})

it("what others may end is no circle: a future, a semaphore, a lock taken before anybody looked", async () => {
  const problems = await problemsOf(
    async () => {
      const lock = new Lock()
      await lock.acquire()
      getRunningLoop().debug = true
      const waits = [() => new Future<void>().join(), () => new Semaphore(0).acquire(), () => lock.acquire()]
      await endAll(...waits.map((wait) => createTask(async () => void (await wait()))))
    },
    { debug: false },
  )
  expect(problems).toEqual([])
})

it("a circle through a group whose body has left a block open is told, without a line where stacks have none", async () => {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  const problems: Problem[] = []
  await runVirtual(
    async () => {
      const parent: Task<unknown> = createTask(
        () =>
          taskGroup((group) => {
            void cancelScope(() => new Promise(() => {}))
            void group.createTask(async () => void (await parent), { name: "child" })
          }),
        { name: "parent" },
      )
      await endAll(parent)
    },
    { debug: true, onProblem: (problem) => void problems.push(problem) },
  ).finally(() => {
    Error.stackTraceLimit = stackTraceLimit
  })
  expect(problems).toEqual([
    {
      message:
        'Tasks wait for each other in a circle: task "child" waits for task "parent" (future), task "parent" waits for task "child" (task group)',
    },
  ])
})
