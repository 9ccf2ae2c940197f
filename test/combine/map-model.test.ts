// map() against a plain loop: random times, bounds, failures and early ends.
import fc from "fast-check"
import { expect, it } from "vitest"
import { allTasks, createTask, map, sleep } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

it("gives what a loop would, within its bounds, and leaves nothing behind", () =>
  fc.assert(
    fc.asyncProperty(
      fc.record({
        times: fc.array(fc.record({ source: fc.nat(3), work: fc.nat(6), body: fc.nat(3) }), {
          maxLength: 40,
        }),
        concurrency: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.constant(Infinity)),
        ordered: fc.boolean(),
        isAsync: fc.boolean(),
        failsAt: fc.option(fc.nat(60), { nil: -1 }),
        breaksAt: fc.option(fc.nat(60), { nil: -1 }),
        cancelAt: fc.option(fc.nat(120), { nil: -1 }),
      }),
      (plan) => runVirtual(() => check(plan)),
    ),
    { numRuns: 400 },
  ))

interface Plan {
  readonly times: readonly { readonly source: number; readonly work: number; readonly body: number }[]
  readonly concurrency: number
  readonly ordered: boolean
  readonly isAsync: boolean
  readonly failsAt: number
  readonly breaksAt: number
  readonly cancelAt: number
}

async function check(plan: Plan): Promise<void> {
  const { times, concurrency, ordered } = plan
  let read = 0
  let closed = 0
  let inside = 0
  let most = 0
  let ahead = 0
  const began: number[] = []
  const got: number[] = []

  function* synchronous(): Generator<number> {
    try {
      while (read < times.length) yield read++
    } finally {
      closed += 1
    }
  }
  async function* asynchronous(): AsyncGenerator<number> {
    try {
      while (read < times.length) {
        await sleep(times[read]?.source ?? 0)
        yield read++
      }
    } finally {
      closed += 1
    }
  }
  const work = async (item: number): Promise<number> => {
    began.push(item)
    inside += 1
    most = Math.max(most, inside)
    try {
      await sleep(times[item]?.work ?? 0)
      if (item === plan.failsAt) throw new Error("planned")
      return item
    } finally {
      inside -= 1
    }
  }
  const source = plan.isAsync ? asynchronous() : synchronous()
  const results = map(source, work, { concurrency, ordered })
  const task = createTask(async () => {
    for await (const item of results) {
      got.push(item)
      if (item === plan.breaksAt) break
      await sleep(times[item]?.body ?? 0)
      ahead = Math.max(ahead, read - got.length)
    }
  })
  if (plan.cancelAt >= 0) void createTask(() => sleep(plan.cancelAt).then(() => void task.cancel()))
  const error: unknown = await task.join().then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(inside).toBe(0)
  expect(most).toBeLessThanOrEqual(concurrency)
  expect(ahead).toBeLessThanOrEqual(2 * concurrency)
  expect(new Set(got).size).toBe(got.length)
  expect(began).toEqual(began.map((_, index) => index))
  const inOrder = ordered ? got.map((_, index) => index) : got
  expect(got).toEqual(inOrder)
  const wasWhole = error === null && !got.includes(plan.breaksAt)
  expect(got).toHaveLength(wasWhole ? times.length : got.length)
  const failed = error instanceof Error && error.message === "planned" ? plan.failsAt : -1
  expect(got).not.toContain(failed)
  // A source that was not begun has nothing to close.
  expect(closed).toBe(read > 0 ? 1 : closed)
  expect(closed).toBeLessThanOrEqual(1)
  expect(allTasks().size).toBe(plan.cancelAt < 0 ? 1 : allTasks().size)
}
