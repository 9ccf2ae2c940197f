import { describe, expect, it } from "vitest"
import { DeadlockError, Future, Runner, run } from "../../src/core/index.ts"
import { sleep } from "../../src/time/index.ts"
import { aloneOn } from "./alone-on.ts"
import { runProgram } from "./child.ts"
import { cleaned, errorOf } from "./outcomes.ts"

describe("a deadlock", () => {
  it("JSX-05: (E4) ends the program with an error that prints who waits for what", async () => {
    const end = await runProgram(`
      await run(async () => {
        const gate = new Semaphore(0)
        await taskGroup(async (group) => {
          const a = group.createTask(() => gate.acquire(), { name: "a" })
          void group.createTask(() => a, { name: "b" })
        })
      })
    `)
    expect(end.code).toBe(1)
    expect(end.stderr).toContain(
      [
        "DeadlockError: Cannot go on: 3 tasks wait, and nothing is left that could wake them",
        '  task "main" waits for task group',
        '    task "a" waits for semaphore',
        '    task "b" waits for future',
      ].join("\n"),
    )
  })

  it("E4: is none between the runs of a runner, which may be left unclosed", async () => {
    const end = await runProgram(`
      const runner = new tsyncio.Runner()
      console.log(await runner.run(async () => {
        createTask(() => sleep(5), { name: "held back" })
        return "done"
      }))
    `)
    expect(end).toMatchObject({ code: 0, stdout: "done\n" })
  })

  it("E4: is noticed where nobody awaits the run at the top level", async () => {
    const end = await runProgram(`
      run(() => new Future()).catch((error) => { console.log(error.code); process.exitCode = 3 })
    `)
    expect([end.code, end.stdout]).toEqual([3, "E_DEADLOCK\n"])
  })

  it("E4: two tasks that await each other", async () => {
    const end = await runProgram(`
      await run(async () => {
        const a = createTask(async () => { await sleep(1); await b }, { name: "a" })
        const b = createTask(async () => { await sleep(1); await a }, { name: "b" })
        await a
      })
    `)
    expect(end.code).toBe(1)
    expect(end.stderr).toContain("3 tasks wait")
  })

  it("E4: clean-up runs before the error comes", async () => {
    const end = await runProgram(`
      await run(async () => {
        try { await new Future() } finally { await sleep(10); console.log("cleaned") }
      }).catch((error) => console.log(error.name))
    `)
    expect([end.code, end.stdout]).toEqual([0, "cleaned\nDeadlockError\n"])
  })

  it("E4: a task that catches the request and waits again does not hold the program for ever", async () => {
    const end = await runProgram(
      `await run(async () => {
        for (let i = 0; i < 3; i += 1) await new Future().join().catch(() => {})
        await new Promise(() => {})
      }, { patience: 50 })`,
    )
    expect(end.code).toBe(1)
    expect(end.stderr).toContain("DeadlockError")
  })

  it("E4: a foreign await holds the program for its patience, once, and then counts as a deadlock", async () => {
    const end = await runProgram(`
      const start = performance.now()
      await run(() => new Promise(() => {}), { patience: 300 }).catch((error) => {
        console.log(error.name, performance.now() - start >= 295)
        console.log(error.message)
      })
    `)
    expect(end.code).toBe(0)
    expect(end.stdout).toContain("DeadlockError true")
    expect(end.stdout).toContain('task "main" is in a foreign await')
  })

  it("E4: a leftover in a foreign await keeps the program for one patience, not for ten", async () => {
    const start = performance.now()
    const end = await runProgram(`
      await run(async () => {
        void createTask(() => new Promise(() => {}), { name: "stuck" })
        await sleep(1)
        console.log("main ends")
      }, { patience: 200 }).catch((error) => console.log(error.name))
    `)
    expect(end.stdout).toBe("main ends\\nDeadlockError\\n".replaceAll("\\n", "\n"))
    expect(performance.now() - start).toBeLessThan(5000)
  })

  it("E4: several that cannot be ended are left behind together", async () => {
    const end = await runProgram(`
      await run(async () => {
        for (const name of ["a", "b", "c"]) void createTask(() => new Promise(() => {}), { name })
        await taskGroup((group) => { for (let i = 0; i < 3; i += 1) void group.createTask(() => new Promise(() => {})) })
      }, { patience: 50 }).catch((error) => console.log(error.message.split("\\n").length))
    `)
    expect([end.code, end.stdout]).toEqual([0, "8\n"])
  })

  it("E4: a run that another one can still wake is none", async () => {
    const end = await runProgram(`
      const box = new Future()
      const waiting = run(async () => console.log("got", await box))
      await run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 100).unref())
        box.setResult("it")
      }, { patience: 500 })
      await waiting
    `)
    expect([end.code, end.stdout]).toEqual([0, "got it\n"])
  })

  it("E4: main's own error is not lost when it fails while a deadlock ends it", async () => {
    const end = await runProgram(`
      await run(() => new Future().join().finally(() => { throw new RangeError("clean-up") }))
    `)
    expect(end.code).toBe(1)
    expect(end.stderr).toContain("DeadlockError")
    expect(end.stderr).toContain("RangeError: clean-up")
  })

  it("L1: timers, sockets and I/O of a task are no deadlock", async () => {
    const end = await runProgram(`
      import { readFile } from "node:fs/promises"
      await run(async () => {
        await sleep(20)
        await cancellable(new Promise((resolve) => setTimeout(resolve, 20)))
        await readFile(new URL(dist + "/index.js"))
        console.log("done")
      })
    `)
    expect([end.code, end.stdout, end.stderr]).toEqual([0, "done\n", ""])
  })
})

describe("a deadlock in a process that lives on", () => {
  const ask = (): boolean => process.emit("beforeExit", 0)

  /** A promise that is not ours, and what resolves it. */
  function foreignAwait(): { readonly promise: Promise<string>; readonly resolve: (value: string) => void } {
    let resolve: (value: string) => void = () => {}
    const promise = new Promise<string>((settle) => {
      resolve = settle
    })
    return { promise, resolve }
  }

  it("E4: tasks that are parked in waits of ours are ended at once, all runs together", () =>
    aloneOn(["beforeExit"], async () => {
      const cleanedUp: string[] = []
      const ends = ["a", "b"].map((name) =>
        run(() => cleaned(new Future<void>(), async () => void cleanedUp.push(name))),
      )
      await sleep(0)
      ask()
      for (const end of ends) {
        const error = await errorOf(end)
        expect(error).toBeInstanceOf(DeadlockError)
        expect((error as Error).message).toBe(
          'Cannot go on: 1 task waits, and nothing is left that could wake them\n  task "main" waits for future',
        )
      }
      expect(cleanedUp).toEqual(["a", "b"])
      expect(process.listenerCount("beforeExit")).toBe(0)
    }))

  it("E4: a runner between two runs is in none", () =>
    aloneOn(["beforeExit"], async () => {
      const runner = new Runner()
      await runner.run(async () => {})
      ask()
      expect(await runner.run(async () => 1)).toBe(1)
      await runner.close()
    }))

  it("E4: a foreign await is given its patience once; then the run lets go of a task that takes no notice", () =>
    aloneOn(["beforeExit"], async () => {
      const foreign = foreignAwait()
      let isOver = false
      const end = errorOf(run(() => foreign.promise, { patience: 10 })).finally(() => {
        isOver = true
      })
      await sleep(0)
      ask()
      await sleep(20)
      expect(isOver).toBe(false)
      ask()
      await sleep(0)
      expect(isOver).toBe(false)
      ask()
      const error = await end
      expect(error).toBeInstanceOf(DeadlockError)
      expect((error as Error).message).toContain('task "main" is in a foreign await')
      foreign.resolve("late")
      await sleep(0)
    }))

  it("E4: with a patience of Infinity a foreign await is a deadlock at once", () =>
    aloneOn(["beforeExit"], async () => {
      const foreign = foreignAwait()
      const end = run(() => foreign.promise, { patience: Infinity })
      await sleep(0)
      ask()
      foreign.resolve("late")
      expect(await errorOf(end)).toBeInstanceOf(DeadlockError)
    }))

  it("E4: a run that ends while the process is held for it holds nothing any more", () =>
    aloneOn(["beforeExit"], async () => {
      const foreign = foreignAwait()
      const end = run(() => foreign.promise, { patience: 1000 })
      await sleep(0)
      ask()
      foreign.resolve("in time")
      expect(await end).toBe("in time")
    }))
})
