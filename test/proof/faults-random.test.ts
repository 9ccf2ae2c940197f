// Random programs on shared things, with faults thrown in: whatever happens, the books balance in the end.
//
// A seed makes the same program each time; a failure names it. Tasks take locks, permits, places and items, sleep,
// time out, are cancelled once or twice, throw odd values, hear signals, and call back while they are cancelled.
import { afterAll, expect, it } from "vitest"
import type { Task } from "../../src/index.ts"
import {
  CapacityLimiter,
  Condition,
  Lock,
  Pool,
  Queue,
  RateLimiter,
  Semaphore,
  TaskGroupError,
  TimeoutError,
  allTasks,
  cancelScope,
  createTask,
  currentTask,
  gather,
  isCancelled,
  moveOnAfter,
  sleep,
  taskGroup,
  timeout,
  wait,
} from "../../src/index.ts"
import { VirtualClock } from "../../src/testing/index.ts"
import { proofScale } from "./cancel-rig.ts"
import { doubling, expectCount, holds, injected, noise, oddValues, playFault } from "./fault-rig.ts"

type Draw = (below: number) => number

const kinds = Object.values(oddValues)
const doubles = Object.values(doubling)

/** The things that tasks share, and what of them is out. */
class Shared {
  readonly lock: Lock = new Lock()
  readonly semaphore: Semaphore = new Semaphore(2)
  readonly limiter: CapacityLimiter = new CapacityLimiter(2)
  readonly rate: RateLimiter = new RateLimiter({ budgets: { calls: { limit: 5, per: 5 } }, concurrency: 2 })
  readonly queue: Queue<object> = new Queue<object>(3)
  readonly condition: Condition = new Condition()
  readonly pool: Pool<object>
  made = 0
  destroyed = 0
  put = 0
  taken = 0
  inside = 0
  sections = 0
  finalizers = 0
  readonly thrown: unknown[] = []
  readonly controllers: AbortController[] = [new AbortController(), new AbortController()]

  constructor(draw: Draw) {
    this.pool = new Pool<object>({
      max: 2,
      create: async () => {
        await sleep(draw(2))
        this.made += 1
        return {}
      },
      destroy: async () => {
        await sleep(draw(2))
        this.destroyed += 1
      },
    })
  }

  /** One step of a task. */
  async step(draw: Draw, depth: number): Promise<void> {
    const signal = draw(4) === 0 ? { signal: this.controllers[draw(2)]?.signal } : {}
    const limits = { ...signal, ...(draw(4) === 0 ? { timeout: draw(4) } : {}) }
    const inner = (): Promise<void> => (depth > 0 ? this.section(draw, depth - 1) : sleep(draw(3)))
    switch (draw(19)) {
      case 0:
        return sleep(draw(4), undefined, limits)
      case 1:
        return this.lock.run(async () => {
          expect((this.inside += 1)).toBe(1)
          try {
            await sleep(draw(3))
          } finally {
            this.inside -= 1
          }
        }, limits)
      case 2:
        return this.semaphore.run(() => sleep(draw(3)), limits)
      case 3:
        return this.limiter.run(() => sleep(draw(3)), { borrower: {}, ...limits })
      case 4:
        return this.rate.run(() => sleep(draw(3)), undefined, limits)
      case 5:
        await this.queue.put({}, limits)
        this.put += 1
        return
      case 6:
        await this.queue.get({ timeout: 3, ...limits })
        this.taken += 1
        return
      case 7:
        return this.condition.run(
          async () => void (await this.condition.wait({ timeout: 2, ...signal })),
          limits,
        )
      case 8:
        return this.condition.run(() => this.condition.notify(draw(3)), limits)
      case 9:
        return this.pool.run(() => sleep(draw(3)), limits)
      case 10:
        return taskGroup((group) => {
          for (let i = 0; i < 2; i += 1) group.createTask(inner)
        })
      case 11:
        return void (await gather([inner, inner]))
      case 12:
        return timeout(draw(6), inner)
      case 13:
        return void (await moveOnAfter(draw(6), inner))
      default:
        return this.fault(draw)
    }
  }

  /** Something that goes wrong. */
  async fault(draw: Draw): Promise<void> {
    injected.count += 1
    const tasks = [...allTasks()]
    const victim = tasks[draw(tasks.length)] as Task<unknown>
    const isWorker = victim.name.startsWith("worker")
    switch (draw(7)) {
      case 0: {
        const value = (kinds[draw(kinds.length)] as () => unknown)()
        this.thrown.push(value)
        throw value
      }
      case 1:
        if (isWorker) victim.cancel("stop")
        return
      case 2:
        if (!isWorker) return
        victim.cancel("once")
        return void victim.cancel("twice")
      case 3:
        this.controllers[draw(2)]?.abort("the signal")
        return
      case 4:
        return void (await (doubles[draw(doubles.length)] as () => unknown)())
      case 5: {
        const self = currentTask() as Task<unknown>
        // Whoever is cancelled may call back in: here it rings, and hands back what it does not hold.
        self.signal.addEventListener("abort", () => void (isWorker && victim.cancel("from a listener")))
        return
      }
      default: {
        const child = createTask(() => sleep(draw(3)), { name: "worker, forgotten" })
        child.addDoneCallback(() => void child.cancel())
      }
    }
  }

  async section(draw: Draw, depth: number): Promise<void> {
    this.sections += 1
    try {
      for (let i = draw(5); i >= 0; i -= 1) {
        try {
          await this.step(draw, depth)
        } catch (error) {
          if (isCancelled(error) || draw(2) === 0) throw error
        }
      }
    } finally {
      this.finalizers += 1
      if (draw(2) === 0) await sleep(draw(2))
    }
  }

  async balance(): Promise<void> {
    expect(this.finalizers).toBe(this.sections)
    expect(this.lock.statistics()).toEqual({ locked: false, waiting: 0 })
    expect(this.semaphore.statistics()).toEqual({ free: 2, waiting: 0 })
    expect(this.limiter.statistics()).toMatchObject({ borrowed: 0, waiting: 0 })
    expect(this.rate.statistics()).toMatchObject({ running: 0, waiting: 0 })
    expect(this.condition.statistics()).toEqual({ locked: false, waiting: 0 })
    expect(this.queue.statistics()).toMatchObject({ size: this.put - this.taken, getters: 0, putters: 0 })
    await this.pool.close()
    expect(this.destroyed).toBe(this.made)
  }
}

async function program(draw: Draw): Promise<void> {
  const shared = new Shared(draw)
  const workers = Array.from({ length: 3 + draw(4) }, (_, i) =>
    createTask(() => shared.section(draw, 2), { name: `worker ${i}` }),
  )
  // Who waits for room in the queue for ever is let go.
  const { pending } = await wait(workers, { timeout: 1000 })
  for (const task of pending) task.cancel("enough")
  if (pending.size > 0) await wait(pending)
  for (const worker of workers) {
    await cancelScope(() => worker.join().catch((error: unknown) => expectKnown(error, shared)))
  }
  await sleep(50)
  await shared.balance()
}

/** What a task may end with: a cancel, a limit, a signal, or what a fault has thrown. */
function expectKnown(error: unknown, { thrown }: Shared): void {
  if (isCancelled(error) || error === "the signal") return
  if (thrown.some((one) => holds(error, one))) return
  if (error instanceof TaskGroupError) return error.errors.forEach((one) => isKnownMember(one, thrown))
  expect(error).toBeInstanceOf(TimeoutError)
}

function isKnownMember(error: unknown, thrown: readonly unknown[]): void {
  if (thrown.some((one) => holds(error, one)) || error === "the signal" || isCancelled(error)) return
  if (error instanceof TaskGroupError) return error.errors.forEach((one) => isKnownMember(one, thrown))
  expect(error).toBeInstanceOf(TimeoutError)
}

it("the books balance after any program", async () => {
  const heard = await noise(async () => {
    for (let seed = 1; seed <= 1500 * proofScale; seed += 1) {
      const random = new VirtualClock({ seed })
      const draw: Draw = (below) => Math.floor(random.random() * below)
      const count = injected.count
      const { errors, problems } = await playFault(() => program(draw))
      // The play itself is no fault, those within it are.
      injected.count -= 1
      const told = problems.map((problem) => problem.error)
      const failed = errors.filter((error) => !told.includes(error))
      if (failed.length > 0)
        throw new Error(`seed ${seed} (${injected.count - count} faults)`, { cause: failed[0] })
    }
  })
  expect(heard).toEqual([])
}, 120_000)

afterAll(() => expectCount(2500))
