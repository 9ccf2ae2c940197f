// What does a place inside cost, free and contended; and with one place, a lock?
import { Lock, Semaphore, taskGroup } from "tsyncio"
import { BareSemaphore } from "../bare/bare-semaphore.js"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const free = 20_000
const [tasks, turns] = [100, 50]

const places = (permits: number): string => (permits === 1 ? "one lock" : `${permits} permits`)

/** One task goes in and out of a place that is free. */
function passingFree(name: string, permits: number, open: () => Lock | Semaphore): RateQuestion {
  return {
    kind: "rate",
    name: `${name}-free`,
    what: `one task takes and gives back a free ${name} 20,000 times, passages counted (by hand: a counter and a promise; p-limit: a function is run)`,
    count: free,
    asyncio: `${name}_free`,
    async tsyncio() {
      const gate = open()
      let done = 0
      for (let i = 0; i < free; i += 1) {
        const permit = await gate.acquire()
        done += 1
        permit.release()
      }
      expectResult(done, free)
    },
    async bare() {
      const gate = new BareSemaphore(permits)
      let done = 0
      for (let i = 0; i < free; i += 1) {
        await gate.acquire()
        done += 1
        gate.release()
      }
      expectResult(done, free)
    },
    peers: {
      effect: ({ Effect, Semaphore: EffectSemaphore }) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const gate = EffectSemaphore.makeUnsafe(permits)
            let done = 0
            const inside = Effect.sync(() => (done += 1))
            for (let i = 0; i < free; i += 1) yield* gate.withPermit(inside)
            expectResult(done, free)
          }),
        ),
      async "async-mutex"({ Mutex, Semaphore: MutexSemaphore }) {
        let done = 0
        if (permits === 1) {
          const mutex = new Mutex()
          for (let i = 0; i < free; i += 1) {
            const release = await mutex.acquire()
            done += 1
            release()
          }
        } else {
          const gate = new MutexSemaphore(permits)
          for (let i = 0; i < free; i += 1) {
            const [, release] = await gate.acquire()
            done += 1
            release()
          }
        }
        expectResult(done, free)
      },
      async "p-limit"({ default: pLimit }) {
        const limit = pLimit(permits)
        let done = 0
        const inside = async (): Promise<number> => (done += 1)
        for (let i = 0; i < free; i += 1) await limit(inside)
        expectResult(done, free)
      },
    },
  }
}

/** A hundred tasks go through few places, and let others go first while they are inside. */
function passingContended(name: string, permits: number, open: () => Lock | Semaphore): RateQuestion {
  const count = tasks * turns
  const settled = Promise.resolve()
  return {
    kind: "rate",
    name: `${name}-contended`,
    what: `100 tasks go through ${places(permits)} 50 times each and give up one turn inside by the cheapest means there is (await of a settled promise, asyncio sleep(0), Effect yieldNow), passages counted`,
    count,
    asyncio: `${name}_contended`,
    async tsyncio() {
      const gate = open()
      let done = 0
      await taskGroup((group) => {
        for (let i = 0; i < tasks; i += 1) {
          group.createTask(async () => {
            for (let turn = 0; turn < turns; turn += 1) {
              const permit = await gate.acquire()
              await settled
              done += 1
              permit.release()
            }
          })
        }
      })
      expectResult(done, count)
    },
    async bare() {
      const gate = new BareSemaphore(permits)
      let done = 0
      const work = async (): Promise<void> => {
        for (let turn = 0; turn < turns; turn += 1) {
          await gate.acquire()
          await settled
          done += 1
          gate.release()
        }
      }
      await Promise.all(Array.from({ length: tasks }, work))
      expectResult(done, count)
    },
    peers: {
      effect: ({ Effect, Fiber, Semaphore: EffectSemaphore }) =>
        Effect.runPromise(
          Effect.gen(function* () {
            const gate = EffectSemaphore.makeUnsafe(permits)
            let done = 0
            const inside = gate.withPermit(
              Effect.gen(function* () {
                yield* Effect.yieldNow
                done += 1
              }),
            )
            const fibers = []
            for (let i = 0; i < tasks; i += 1) {
              const work = Effect.gen(function* () {
                for (let turn = 0; turn < turns; turn += 1) yield* inside
              })
              fibers.push(yield* Effect.forkChild(work))
            }
            for (const fiber of fibers) yield* Fiber.join(fiber)
            expectResult(done, count)
          }),
        ),
      async "async-mutex"({ Semaphore: MutexSemaphore }) {
        const gate = new MutexSemaphore(permits)
        let done = 0
        const work = async (): Promise<void> => {
          for (let turn = 0; turn < turns; turn += 1) {
            const [, release] = await gate.acquire()
            await settled
            done += 1
            release()
          }
        }
        await Promise.all(Array.from({ length: tasks }, work))
        expectResult(done, count)
      },
      "p-limit": ({ default: pLimit }) => limited(pLimit(permits)),
      "p-queue": ({ default: PQueue }) => {
        const queue = new PQueue({ concurrency: permits })
        return limited((work) => queue.add(work))
      },
      fastq: ({ default: fastq }) => {
        const queue = fastq.promise((work: () => Promise<void>) => work(), permits)
        return limited((work) => queue.push(work))
      },
    },
  }

  /** The same through a limiter that takes functions. */
  async function limited(limit: (work: () => Promise<void>) => Promise<void>): Promise<void> {
    let done = 0
    const inside = async (): Promise<void> => {
      await settled
      done += 1
    }
    const work = async (): Promise<void> => {
      for (let turn = 0; turn < turns; turn += 1) await limit(inside)
    }
    await Promise.all(Array.from({ length: tasks }, work))
    expectResult(done, count)
  }
}

export const semaphoreFree: RateQuestion = passingFree("semaphore", 10, () => new Semaphore(10))
export const semaphoreContended: RateQuestion = passingContended("semaphore", 10, () => new Semaphore(10))
export const lockFree: RateQuestion = passingFree("lock", 1, () => new Lock())
export const lockContended: RateQuestion = passingContended("lock", 1, () => new Lock())
