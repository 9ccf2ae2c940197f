// Groups, timeouts, shields and their kin: nothing of a block outlives it, and each ends as it should.
import type { Task } from "../../src/index.ts"
import {
  Future,
  TaskGroupError,
  TimeoutError,
  createTask,
  gather,
  isCancelled,
  map,
  shield,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "../../src/index.ts"
import type { Trial } from "./prove.ts"
import { must, prove } from "./prove.ts"

/** Counts who is inside a piece of work. */
class Census {
  living = 0
  most = 0

  readonly work = async (turns: number, error?: Error): Promise<number> => {
    this.living += 1
    this.most = Math.max(this.most, this.living)
    try {
      for (let turn = 0; turn < turns; turn += 1) await sleep(0)
      if (error !== undefined) throw error
      return turns
    } finally {
      this.living -= 1
    }
  }
}

function groupTrial(rounds: number): Trial {
  const inGroup = (failure?: Error) => async (): Promise<void> => {
    const census = new Census()
    const isFailing = failure !== undefined
    try {
      const sum = await taskGroup(async (group) => {
        const first = group.createTask(() => census.work(1))
        group.createTask(() => census.work(isFailing ? 0 : rounds, failure))
        return await first
      })
      must(sum === 1 && !isFailing, "a group that went well gives its value")
    } catch (error) {
      must(
        isCancelled(error) || (error instanceof TaskGroupError && error.errors[0] === failure),
        "the child's error",
      )
    } finally {
      must(census.living === 0, "no child outlives its group")
    }
  }
  const failing = inGroup(new RangeError("bad"))
  return { bodies: rounds === 1 ? [failing] : [inGroup(), failing], check: () => {} }
}

function timeoutTrial(rounds: number): Trial {
  const ends: string[] = []
  const limited = async (): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      try {
        ends.push(await timeout(10, () => sleep(10, "value")))
      } catch (error) {
        must(error instanceof TimeoutError || isCancelled(error), "one of the two")
        if (isCancelled(error)) throw error
        ends.push("late")
      }
    }
  }
  return { bodies: [limited, limited], check: () => must(ends.length <= 2 * rounds, "each ends once") }
}

function waitForTrial(rounds: number): Trial {
  const census = new Census()
  const limited = async (): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      try {
        if (rounds > 1) must((await waitFor(() => census.work(1), null)) === 1, "the value")
        must((await waitFor(() => sleep(5, "value"), 5)) === "value", "the value")
      } catch (error) {
        if (!(error instanceof TimeoutError)) throw error
      }
    }
  }
  return { bodies: [limited, limited], check: () => must(census.living === 0, "the work has ended before") }
}

function shieldTrial(rounds: number): Trial {
  const census = new Census()
  const inner: Task<number>[] = []
  const guarded = async (): Promise<void> => {
    const task = createTask(() => census.work(rounds))
    inner.push(task)
    must((await shield(task)) === rounds, "the value")
  }
  return {
    bodies: rounds === 1 ? [guarded, guarded] : [guarded, guarded, guarded],
    async check() {
      for (const task of inner) must((await task) === rounds, "what is shielded is not cancelled")
      must(census.living === 0, "and comes to its end")
    },
  }
}

function gatherTrial(rounds: number): Trial {
  const census = new Census()
  const all = async (): Promise<void> => {
    const values = await gather([() => census.work(1), () => census.work(rounds), () => census.work(0)])
    must(String(values) === `1,${rounds},0`, "values in order of the works")
  }
  return {
    bodies: rounds === 1 ? [all] : [all, all],
    async check() {
      await sleep(1)
      must(census.living === 0, "no work goes on for nobody")
    },
  }
}

function mapTrial(rounds: number): Trial {
  const census = new Census()
  const total: number[] = []
  const walk = async (): Promise<void> => {
    const items = Array.from({ length: 2 + rounds }, (_, index) => index)
    for await (const item of map(items, (index) => census.work(1).then(() => index), { concurrency: 2 }))
      total.push(item)
    must(String(total) === String(items), "results in order of the items")
  }
  return {
    bodies: [walk],
    check: () => must(census.living === 0 && census.most <= 2, "two at a time, and none is left"),
  }
}

function futureTrial(rounds: number): Trial {
  const futures = Array.from({ length: rounds }, () => new Future<number>())
  const read = async (): Promise<void> => {
    for (const future of futures) {
      try {
        must((await future) === 1, "the value")
      } catch (error) {
        must(isCancelled(error), "the value, or a cancel")
        if (!future.cancelled()) throw error
      }
    }
  }
  const finish = (): void => {
    for (const future of futures) if (!future.done()) future.setResult(1)
  }
  return {
    bodies: [
      read,
      read,
      async () => {
        for (const future of futures) {
          if (!future.done()) future.setResult(1)
          await sleep(0)
        }
      },
    ],
    ended: (task) => {
      if (task === 2) finish()
    },
    check: () =>
      must(
        futures.every((future) => future.done()),
        "all are done",
      ),
  }
}

prove("task group", groupTrial)
prove("timeout", timeoutTrial, { rounds: 3 })
prove("waitFor", waitForTrial)
prove("shield", shieldTrial)
prove("gather", gatherTrial)
prove("map", mapTrial)
prove("future", futureTrial)
