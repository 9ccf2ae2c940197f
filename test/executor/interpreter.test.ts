import { describe, expect, it } from "vitest"
import {
  CancelledError,
  TimeoutError,
  createTask,
  joinOnly,
  run,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import type { Problem } from "../../src/index.ts"
import {
  Interpreter,
  InterpreterLostError,
  InterpreterQueue,
  SharedMutex,
  inline,
  portable,
} from "../../src/executor/index.ts"

const quiet = { handleSignals: false }
const inRun = (main: () => Promise<unknown>): Promise<unknown> => run(main, quiet)

describe("Interpreter", () => {
  it("has globals of its own, which stay from call to call", () =>
    inRun(async () => {
      await using one = await Interpreter.create({ name: "one" })
      await using two = await Interpreter.create()
      expect(await one.exec("let n = 1; const m = await Promise.resolve(2); n + m")).toBe(3)
      expect(await one.exec("let n = 5; n + m")).toBe(7)
      expect(
        await one.exec("globalThis.secret = 'x'; function f(a) { return [a, n, this === undefined] }"),
      ).toBe("x")
      expect(await one.call("f", { deep: [1n] })).toEqual([{ deep: [1n] }, 5, false])
      expect(await one.exec("(() => 1)")).toBeUndefined()
      expect(await two.exec("typeof secret")).toBe("undefined")
      expect("secret" in globalThis).toBe(false)
      await expect(two.call("f")).rejects.toThrow(/the interpreter has no function of that name/)
      await expect(two.call("f(1)")).rejects.toThrow(RangeError)
      expect(one.statistics()).toEqual({ state: "open", running: 0, calls: 5 })
      expect(String(one)).toBe(`<Interpreter "one" open running=0>`)
    }))

  it("takes functions by reference, settings, and imports", () =>
    inRun(async () => {
      await using guest = await Interpreter.create({ env: { COLOUR: "red" }, globals: { base: 40 } })
      expect(
        await guest.call(
          inline((n: number) => (globalThis as never as { base: number }).base + n),
          2,
        ),
      ).toBe(42)
      expect(await guest.exec("process.env.COLOUR")).toBe("red")
      expect(await guest.exec("const { basename } = await import('node:path'); basename('/a/b')")).toBe("b")
      expect(await guest.exec("'import(1)'.length")).toBe(9)
      await expect(guest.call((() => 1) as () => number)).rejects.toThrow(/travels by reference/)
      await expect(guest.call(inline(() => () => 1))).rejects.toThrow(/Cannot send the result back/)
      await expect(guest.call("base.f", () => {})).rejects.toThrow(/could not be cloned/)
      const elsewhere = portable({ url: "file:///nowhere.js" }, "elsewhere", () => 1)
      await expect(guest.call(elsewhere)).rejects.toThrow(/cannot be imported/)
    }))

  it("runs async code inside, with all of tsyncio, calls side by side", () =>
    inRun(async () => {
      await using guest = await Interpreter.create()
      await guest.exec(
        "const { sleep, createTask, taskGroup, run } = await import('tsyncio'); let isReady = false",
      )
      const order: unknown[] = []
      await taskGroup(async (group) => {
        group.createTask(async () => order.push(await guest.exec("while (!isReady) await sleep(1); 'slow'")))
        group.createTask(async () =>
          order.push(await guest.exec("isReady = true; await createTask(() => sleep(1, 'quick'))")),
        )
      })
      expect(new Set(order)).toEqual(new Set(["quick", "slow"]))
      await expect(guest.exec("await run(() => 1)")).rejects.toThrow(/call `taskGroup`/)
    }))

  it("errors cross with class, message, cause, and the stacks of both sides", () =>
    inRun(async () => {
      await using guest = await Interpreter.create({ name: "guest" })
      const failing = guest.exec(
        "function deep() { throw new RangeError('no', { cause: new Error('why') }) }\ndeep()",
        {
          name: "plan.js",
        },
      )
      const error = await failing.catch((thrown: unknown) => thrown as RangeError)
      expect(error).toBeInstanceOf(RangeError)
      expect(error).toMatchObject({ message: "no", cause: { message: "why" } })
      expect((error as Error).stack).toMatch(
        /deep \(plan.js:1:\d+\)[^]*in interpreter "guest", called from[^]*interpreter.test.ts/,
      )
      await expect(guest.exec("let 1")).rejects.toThrow(SyntaxError)
      await expect(guest.exec("import x from 'y'")).rejects.toThrow(/write `const { x } = await import/)
      await expect(guest.exec("throw 'text'")).rejects.toBe("text")
      await expect(guest.exec("throw undefined")).rejects.toBeUndefined()
      expect(await guest.exec("NaN")).toBeNaN()
      expect(await guest.exec("10n ** 3n")).toBe(1000n)
      expect(await guest.exec("")).toBeUndefined()
    }))

  it("a cancelled call is cancelled inside, and cleans up there; the others go on", () =>
    inRun(async () => {
      await using guest = await Interpreter.create()
      await guest.exec("const { sleep } = await import('tsyncio'); let cleaned = 0")
      const victim = createTask(() =>
        guest.exec("try { await sleep(60_000) } finally { await sleep(5); cleaned += 1 }"),
      )
      const other = createTask(() => guest.exec("await sleep(30, 'other')"))
      await sleep(10)
      victim.cancel("enough")
      await expect(joinOnly(victim)).rejects.toThrow("Cancelled: enough")
      expect(await guest.exec("cleaned")).toBe(1)
      await expect(guest.exec("await sleep(60_000)", { timeout: 5 })).rejects.toThrow(TimeoutError)
      await expect(timeout(5, () => guest.exec("await sleep(60_000)"))).rejects.toThrow(TimeoutError)
      await expect(guest.exec("1", { signal: AbortSignal.abort("late") })).rejects.toBe("late")
      expect(await other).toBe("other")
    }))

  it("an endless loop is ended with its interpreter after the grace, and nothing else", () =>
    inRun(async () => {
      await using one = await Interpreter.create({ name: "one", grace: 30 })
      await using two = await Interpreter.create()
      const beside = createTask(() => one.exec("await new Promise(() => setTimeout(() => {}, 1e6))"))
      await sleep(0)
      const start = performance.now()
      await expect(timeout(30, () => one.exec("for (;;);"))).rejects.toThrow(TimeoutError)
      expect(performance.now() - start).toBeLessThan(5000)
      await expect(joinOnly(beside)).rejects.toThrow(
        /Cannot finish exec in interpreter "one": its exec did not end within 30 ms after it was cancelled/,
      )
      await expect(one.exec("1")).rejects.toThrow(InterpreterLostError)
      expect(one.statistics().state).toBe("lost")
      expect(await two.exec("1")).toBe(1)
    }))

  it("one that runs out of memory, leaves or crashes takes its own calls along, and nothing else", () =>
    inRun(async () => {
      await using other = await Interpreter.create()
      await using large = await Interpreter.create({ memoryLimit: 24 })
      await expect(
        large.exec("const all = []; for (;;) all.push(new Array(1000).fill(0).map(() => ({})))"),
      ).rejects.toThrow(/it ran out of memory \(its limit is 24 MB\)/)
      await using leaving = await Interpreter.create({ name: "leaving" })
      const error = await leaving.exec("process.exit(3)").catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(InterpreterLostError)
      expect(error).toMatchObject({ interpreter: "leaving", exitCode: 3 })
      await expect(leaving.exec("1")).rejects.toThrow("it is lost, since it left by `process.exit(3)`")
      expect(await other.exec("2")).toBe(2)
    }))

  it("errors inside that reach nobody are told to the program, and it goes on", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        await using guest = await Interpreter.create({ name: "guest" })
        await guest.exec(
          "setTimeout(() => { throw new Error('late') }, 1); await new Promise((go) => setTimeout(go, 20))",
        )
        await guest.exec(
          "void Promise.reject(new Error('lost')); await new Promise((go) => setTimeout(go, 20))",
        )
        expect(await guest.exec("3")).toBe(3)
      },
      { ...quiet, onProblem: (problem) => void problems.push(problem) },
    )
    expect(problems.map(({ message, error }) => `${message}: ${(error as Error).message}`)).toEqual([
      `An error was thrown that nobody caught, in interpreter "guest": late`,
      `A promise was rejected that nobody awaits, in interpreter "guest": lost`,
    ])
  })

  it("close() cancels what runs, and refuses what comes; one that was not closed is named", async () => {
    const problems: Problem[] = []
    const left = await run(
      async () => {
        const guest = await Interpreter.create({ name: "guest" })
        const forgotten = await Interpreter.create({ name: "forgotten" })
        await guest.exec("const { sleep } = await import('tsyncio')")
        const running = createTask(() => guest.exec("await sleep(60_000)"))
        await sleep(10)
        await guest.close()
        await expect(joinOnly(running)).rejects.toThrow(
          `Cannot finish exec in interpreter "guest": it was closed`,
        )
        await expect(guest.exec("1")).rejects.toThrow(`Cannot run in interpreter "guest": it was closed`)
        await guest.close()
        expect(guest.statistics().state).toBe("closed")
        const looping = await Interpreter.create({ grace: 20 })
        const endless = createTask(() => looping.exec("for (;;);"))
        await sleep(10)
        await looping.close()
        await expect(joinOnly(endless)).rejects.toThrow(InterpreterLostError)
        return { forgotten }
      },
      { ...quiet, onProblem: (problem) => void problems.push(problem) },
    )
    expect(problems.map(({ message }) => message)).toEqual([
      `Interpreter "forgotten" was never closed; it holds 1 open thing`,
    ])
    await left.forgotten.close()
  })

  it("a cancel while it begins leaves no thread behind", () =>
    inRun(async () => {
      const making = createTask(() => Interpreter.create())
      await sleep(0)
      making.cancel()
      await expect(joinOnly(making)).rejects.toThrow(CancelledError)
      await expect(Interpreter.create({ memoryLimit: 0 })).rejects.toThrow(RangeError)
      await expect(Interpreter.create({ name: 3 as never })).rejects.toThrow(TypeError)
    }))

  it("every call may be cancelled at any moment: it ends, and the interpreter goes on", () =>
    inRun(async () => {
      await using guest = await Interpreter.create()
      await guest.exec("function f(n) { return n }")
      const add = inline((a: number, b: number) => a + b)
      const calls: (() => Promise<unknown>)[] = [
        () => guest.exec("await null; 1"),
        () => guest.call("f", 1),
        () => guest.call(add, 1, 2),
        () => guest.setGlobals({ a: 1 }),
      ]
      for (const call of calls) {
        for (const after of [null, 0, 0, 1, 1, 2, 3]) {
          const task = createTask(call)
          if (after !== null) await sleep(after)
          const wasAsked = task.cancel()
          const end = await joinOnly(task).then(
            () => "value",
            (error: unknown) => (error as Error).name,
          )
          const isEarly = after === null
          expect(isEarly ? ["CancelledError"] : ["value", "CancelledError"]).toContain(end)
          expect(wasAsked || !isEarly).toBe(true)
        }
      }
      expect(await guest.call(add, 20, 22)).toBe(42)
      expect(guest.statistics()).toMatchObject({ state: "open", running: 0 })
      const closing = createTask(() => guest.close())
      await sleep(0)
      closing.cancel()
      await joinOnly(closing).catch(() => {})
      await guest.close()
      expect(guest.statistics().state).toBe("closed")
    }))

  it("queues and mutexes are shared: as arguments, inside others, and as globals", () =>
    inRun(async () => {
      const jobs = new InterpreterQueue<number>(2)
      const results = new InterpreterQueue<string>()
      const mutex = new SharedMutex()
      await using guest = await Interpreter.create({ globals: { jobs, out: { results } } })
      const working = createTask(() =>
        guest.exec(
          "for (const n of jobs) await out.results.put(`square ${n * n}`); out.results.shutdown(); 'done'",
        ),
      )
      for (let n = 0; n < 6; n += 1) await jobs.put(n)
      jobs.shutdown()
      const got: string[] = []
      for await (const text of results) got.push(text)
      expect(got).toEqual([0, 1, 4, 9, 16, 25].map((n) => `square ${n}`))
      expect(await working).toBe("done")
      const permit = await mutex.acquire()
      await guest.exec("function locked(list) { return [list[0].mutex.locked(), list[0].mutex === list[1]] }")
      expect(await guest.call("locked", [{ mutex }, mutex])).toEqual([true, true])
      permit.release()
    }))
})
