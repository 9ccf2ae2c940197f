import { describe, expect, it } from "vitest"
import { CancelledError, run } from "../../src/core/index.ts"
import { afterPoll } from "../../src/core/lowlevel.ts"
import { aloneOn } from "./alone-on.ts"
import { runProgram } from "./child.ts"

// A task that is cancelled while branches of it are parked that nobody awaits any more.
const strayBranches = `
  const task = createTask(async () => {
    const slow = sleep(1000)
    await Promise.all([sleep(500), slow, (async () => { await sleep(700) })(), new Future()])
  })
  await sleep(1)
  task.cancel()
  await task.then(() => {}, () => {})
  void sleep(10_000)
  await sleep(1)
`

describe("rejections nobody awaits", () => {
  it("E1: ours in branches that nobody awaits are absorbed", async () => {
    const end = await runProgram(`await run(async () => { ${strayBranches} console.log("alive") })`)
    expect(end).toEqual({ code: 0, signal: null, stdout: "alive\n", stderr: "" })
  })

  it("E1: any other crashes the program exactly as without us", async () => {
    const crash = `setTimeout(() => { void Promise.reject(new RangeError("theirs")) }, 20)`
    const without = await runProgram(`${crash}
      await new Promise((resolve) => setTimeout(resolve, 2000))`)
    const within = await runProgram(`await run(async () => { ${crash}
      await sleep(2000)
      console.log("not reached") })`)
    const shape = (text: string): string => text.replace(/\[eval\d*\]|:\d+/g, "").split("\n    at ")[0] ?? ""
    expect([within.code, within.stdout]).toEqual([1, ""])
    expect(within.code).toBe(without.code)
    expect(within.stderr).toContain("RangeError: theirs")
    expect(shape(within.stderr)).toContain(shape(without.stderr).split("\n").at(-1))
  })

  it("E1: a value that is no error crashes it too, and so does one of ours outside of a run", async () => {
    const text = await runProgram(`await run(async () => { void Promise.reject("text"); await sleep(1000) })`)
    expect(text.code).toBe(1)
    expect(text.stderr).toContain("ERR_UNHANDLED_REJECTION")
    const outside = await runProgram(
      `await run(() => sleep(1)); void Promise.reject(new CancelledError("x"))`,
    )
    expect(outside.code).toBe(1)
  })

  it("E1: two at once crash it once, and one that an uncaughtException handler takes does not", async () => {
    const end = await runProgram(`
      process.on("uncaughtException", (error, origin) => console.log(origin, error.message))
      await run(async () => {
        void Promise.reject(new Error("first"))
        void Promise.reject(new Error("second"))
        await sleep(20)
        void Promise.reject(new Error("third"))
        await sleep(20)
        ${strayBranches}
      })
      console.log(process.listenerCount("unhandledRejection"))
    `)
    expect(end.code).toBe(0)
    expect(end.stdout.split("\n").toSorted().join("\n").trim()).toBe(
      "0\nunhandledRejection first\nunhandledRejection second\nunhandledRejection third",
    )
  })

  it("E1: a listener of the program's own keeps working and decides by itself", async () => {
    const end = await runProgram(`
      process.on("unhandledRejection", (reason) => console.log(reason.name, reason.message))
      await run(async () => {
        void Promise.reject(new RangeError("theirs"))
        ${strayBranches}
        console.log("alive")
      })
    `)
    expect(end.code).toBe(0)
    expect(end.stdout).toContain("RangeError theirs\n")
    expect(end.stdout).toContain("alive\n")
  })

  it("E1: two copies of the package do not swallow what is not theirs", async () => {
    const end = await runProgram(`
      const strayCancels = await import(dist + "/core/stray-cancels.js?copy")
      const stop = strayCancels.absorbStrayCancels()
      await run(async () => {
        void Promise.reject(new CancelledError("ours"))
        await sleep(5)
        console.log("absorbed", process.listenerCount("unhandledRejection"))
        void Promise.reject(new RangeError("theirs"))
        await sleep(2000)
      })
    `)
    expect([end.code, end.stdout]).toEqual([1, "absorbed 2\n"])
    expect(end.stderr).toContain("RangeError: theirs")
  })

  it("E1: the modes of --unhandled-rejections stay what they are", async () => {
    const source = `await run(async () => { void Promise.reject(new Error("theirs")); await sleep(20); console.log("alive") })`
    const modes = await Promise.all(
      ["none", "warn", "warn-with-error-code", "strict"].map((mode) =>
        runProgram(source, undefined, [`--unhandled-rejections=${mode}`]),
      ),
    )
    expect(modes.map(({ code, stdout }) => [code, stdout])).toEqual([
      [0, "alive\n"],
      [0, "alive\n"],
      [1, "alive\n"],
      [1, ""],
    ])
  })

  it("JSX-02: failed and cancelled tasks and futures that nobody awaits raise none", async () => {
    const end = await runProgram(`
      await run(async () => {
        void createTask(async () => { throw new Error("reported") })
        void createTask(() => sleep(1000)).cancel()
        new Future().cancel()
        new Future().setException(new Error("reported"))
        await taskGroup((group) => group.createTask(async () => { throw new Error("E") })).catch(() => {})
        await sleep(5)
      })
    `)
    expect(end.code).toBe(0)
    // Told when it is collected or the run ends, whichever comes first: in either order.
    expect(end.stderr.match(/^tsyncio: .*/gm)?.toSorted()).toEqual([
      "tsyncio: An error was never looked at in a future",
      'tsyncio: An error was never looked at in task "Task-2"',
    ])
  })
})

describe("rejections nobody awaits, in a process that lives on", () => {
  const polled = (): Promise<void> => new Promise((resolve) => afterPoll(resolve))

  /** Runs `main` where only runs listen for rejections; gives the errors that nobody caught. */
  async function uncaught(main: () => Promise<void>): Promise<unknown[]> {
    const errors: unknown[] = []
    const keep = (error: unknown): number => errors.push(error)
    await aloneOn(["unhandledRejection", "uncaughtException"], async () => {
      process.on("uncaughtException", keep)
      await main()
      process.off("uncaughtException", keep)
    })
    return errors
  }

  it("E1: ours is absorbed, any other crashes the program, and the run goes on listening", async () => {
    const theirs = [new RangeError("first"), new RangeError("second")]
    const errors = await uncaught(async () => {
      await run(async () => {
        void Promise.reject(new CancelledError("ours"))
        for (const error of theirs) {
          void Promise.reject(error)
          await polled()
          await polled()
          expect(process.listenerCount("unhandledRejection")).toBe(1)
        }
      })
      expect(process.listenerCount("unhandledRejection")).toBe(0)
    })
    expect(errors).toEqual(theirs)
  })

  it("E1: a run that ends in between leaves no listener behind", async () => {
    const errors = await uncaught(async () => {
      await run(() => void Promise.reject(new RangeError("last words")))
      await polled()
      expect(process.listenerCount("unhandledRejection")).toBe(0)
    })
    expect(errors).toHaveLength(1)
  })

  it("E1: where the program listens itself, it decides", async () => {
    const own: unknown[] = []
    const keep = (reason: unknown): number => own.push(reason)
    const theirs = new RangeError("theirs")
    const errors = await uncaught(async () => {
      process.on("unhandledRejection", keep)
      await run(async () => {
        void Promise.reject(theirs)
        await polled()
      })
      process.off("unhandledRejection", keep)
    })
    expect([own, errors]).toEqual([[theirs], []])
  })
})
