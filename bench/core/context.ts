// What does it cost to look up a value that travels with the task?
import { AsyncLocalStorage } from "node:async_hooks"
import { ContextVar, createTask } from "tsyncio"
import type { RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 100_000
const variable = new ContextVar<number>("bench")
const settled = Promise.resolve()
const store = new AsyncLocalStorage<number>()

export const contextLookup: RateQuestion = {
  kind: "rate",
  name: "context",
  what: "a variable set in the caller is read 100,000 times in a task, after an await (by hand: AsyncLocalStorage)",
  count,
  asyncio: "context_lookup",
  async tsyncio() {
    const token = variable.set(1)
    const total = await createTask(async () => {
      await settled
      let sum = 0
      for (let i = 0; i < count; i += 1) sum += variable.get()
      return sum
    })
    variable.reset(token)
    expectResult(total, count)
  },
  async bare() {
    const total = await store.run(1, async () => {
      await settled
      let sum = 0
      for (let i = 0; i < count; i += 1) sum += store.getStore() ?? 0
      return sum
    })
    expectResult(total, count)
  },
  peers: {
    effect: ({ Effect, Context }) => {
      const Value = Context.Service<number>("bench")
      const reading = Effect.gen(function* () {
        yield* Effect.yieldNow
        let sum = 0
        for (let i = 0; i < count; i += 1) sum += yield* Value
        expectResult(sum, count)
      })
      return Effect.runPromise(Effect.provideService(reading, Value, 1))
    },
    effection: ({ run, createContext }) => {
      const context = createContext<number>("bench")
      return run(() =>
        context.with(1, function* () {
          let sum = 0
          for (let i = 0; i < count; i += 1) sum += yield* context.expect()
          expectResult(sum, count)
        }),
      )
    },
  },
}
