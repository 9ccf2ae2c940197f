import { describe, expect, it, vi } from "vitest"
import { CancelledError, Future, createTask, run } from "../../src/core/index.ts"
import { afterPoll } from "../../src/core/lowlevel.ts"
import { sleep } from "../../src/time/index.ts"
import { aloneOn } from "./alone-on.ts"
import { runProgram } from "./child.ts"
import { cleaned, errorOf } from "./outcomes.ts"

// A program that cleans up, first in its `finally`, then in the `finally` of that.
const cleaning = `
  await run(async () => {
    console.log("ready")
    try {
      await sleep(60_000)
    } finally {
      console.log("cleaning")
      try {
        await sleep(Number(process.env.CLEAN_MS ?? 60_000))
        console.log("cleaned")
      } finally {
        console.log("interrupted or done")
        await new Promise((resolve) => setTimeout(resolve, Number(process.env.LAST_MS ?? 0)))
      }
    }
  })
`
const withEnv = (source: string, env: Record<string, number>): string =>
  Object.entries(env)
    .map(([name, value]) => `process.env.${name} = "${value}"\n`)
    .join("") + source

describe("signals", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "L2: one %s cancels main, whose clean-up runs to its end; the exit code is %i",
    async (signal, code) => {
      const end = await runProgram(withEnv(cleaning, { CLEAN_MS: 20 }), async (child) => {
        await child.says("ready")
        child.kill(signal)
      })
      expect([end.code, end.signal]).toEqual([code, null])
      expect(end.stdout).toBe("ready\ncleaning\ncleaned\ninterrupted or done\n")
      expect(end.stderr).toContain(`Cancelled: ${signal}`)
    },
  )

  it("RUN-14: when main was cancelled by code already, a signal interrupts the clean-up, and the run's error is a CancelledError", async () => {
    const source = cleaning.replace(
      'console.log("ready")',
      'setTimeout(() => task.cancel("by code"), 5); const task = currentTask()',
    )
    const end = await runProgram(source, async (child) => {
      await child.says("cleaning")
      child.kill("SIGINT")
    })
    expect([end.code, end.stdout]).toEqual([130, "cleaning\ninterrupted or done\n"])
    expect(end.stderr).toContain("CancelledError: Cancelled")
  })

  it("L2: the second interrupts the clean-up", async () => {
    const end = await runProgram(cleaning, async (child) => {
      await child.says("ready")
      child.kill("SIGINT")
      await child.says("cleaning")
      child.kill("SIGINT")
    })
    expect([end.code, end.stdout]).toEqual([130, "ready\ncleaning\ninterrupted or done\n"])
  })

  it("L2: the third leaves at once", async () => {
    const end = await runProgram(withEnv(cleaning, { LAST_MS: 60_000 }), async (child) => {
      await child.says("ready")
      child.kill("SIGINT")
      await child.says("cleaning")
      child.kill("SIGINT")
      await child.says("interrupted")
      child.kill("SIGINT")
    })
    expect([end.code, end.signal]).toEqual([130, null])
  })

  it("L2: the third leaves a main that sits in a foreign await; of two kinds the last decides", async () => {
    const end = await runProgram(
      `await run(async () => {
        process.on("SIGUSR2", () => console.log("got", ++count))
        console.log("ready")
        setInterval(() => {}, 1000)
        await new Promise(() => {})
      })`.replace("await run", "let count = 0\nawait run"),
      async (child) => {
        await child.says("ready")
        for (const [n, signal] of (["SIGINT", "SIGINT"] as const).entries()) {
          child.kill(signal)
          child.kill("SIGUSR2")
          await child.says(`got ${n + 1}`)
        }
        child.kill("SIGTERM")
      },
    )
    expect(end.code).toBe(143)
  })

  it("L2: a signal while leftovers clean up after main's end is for them", async () => {
    const end = await runProgram(
      `await run(async () => {
        void createTask(async () => {
          try { await sleep(60_000) } finally {
            console.log("cleaning")
            try { await sleep(60_000) } finally { console.log("interrupted") }
          }
        })
        await sleep(1)
      })
      console.log("after")`,
      async (child) => {
        await child.says("cleaning")
        child.kill("SIGINT")
      },
    )
    expect([end.code, end.stdout]).toEqual([0, "cleaning\ninterrupted\nafter\n"])
  })

  it("L2: reaches every run of the process", async () => {
    const end = await runProgram(
      `const main = (name) => () => sleep(60_000).finally(() => console.log(name, "told"))
      await Promise.allSettled([run(main("a")), run(main("b"))].concat(run(async () => { console.log("ready"); await sleep(60_000) })))`,
      async (child) => {
        await child.says("ready")
        child.kill("SIGINT")
      },
    )
    expect([end.code, end.stdout]).toEqual([130, "ready\na told\nb told\n"])
  })

  it("L2: a main that catches the request and returns has the exit code it sets itself", async () => {
    for (const [set, code] of [
      ["", 0],
      ["process.exitCode = 7", 7],
    ] as const) {
      const end = await runProgram(
        `await run(async () => { console.log("ready"); await sleep(60_000).catch(() => {}); ${set} })`,
        async (child) => {
          await child.says("ready")
          child.kill("SIGINT")
        },
      )
      expect(end.code).toBe(code)
    }
  })

  it("L2: an exit code that the program sets on its way out stays", async () => {
    const end = await runProgram(
      `await run(async () => { console.log("ready"); await sleep(60_000) }).catch(() => { process.exitCode = 9 })`,
      async (child) => {
        await child.says("ready")
        child.kill("SIGTERM")
      },
    )
    expect(end.code).toBe(9)
  })

  it("L2: a program that listens itself is left alone, unless it says handleSignals", async () => {
    for (const [options, told] of [
      ["{}", false],
      ["{ handleSignals: true }", true],
      ["{ handleSignals: false }", false],
    ] as const) {
      const end = await runProgram(
        `process.on("SIGINT", () => console.log("own"))
        await run(async () => { console.log("ready"); await sleep(300) }, ${options}).catch(() => console.log("cancelled"))`,
        async (child) => {
          await child.says("ready")
          child.kill("SIGINT")
        },
      )
      expect(end.stdout).toBe(told ? "ready\nown\ncancelled\n" : "ready\nown\n")
    }
  })

  it("L2: without a run the process dies of the signal as ever", async () => {
    const end = await runProgram(
      `await run(() => sleep(1))
      setInterval(() => {}, 1000)
      console.log("ready")`,
      async (child) => {
        await child.says("ready")
        child.kill("SIGINT")
      },
    )
    expect([end.code, end.signal]).toEqual([null, "SIGINT"])
  })

  it("L2: listeners are there while a run lives and gone afterwards, however often", async () => {
    const before = process.listenerCount("SIGTERM")
    for (let i = 0; i < 3; i += 1) {
      const open = new Future<void>()
      const result = run(open, { handleSignals: true })
      expect(process.listenerCount("SIGTERM")).toBe(before + 1)
      open.setResult()
      await result
      expect(process.listenerCount("SIGTERM")).toBe(before)
    }
  })
})

describe("signals that a process sends itself", () => {
  const never = (): Future<void> => new Future<void>()

  /** What the run has `exit` listeners do when the process ends with `code`; gives the code it ends with then. */
  function exitCodeAfter(code: number, before: readonly unknown[]): unknown {
    const added = process.rawListeners("exit").filter((listener) => !before.includes(listener))
    for (const listener of added) listener.call(process, code)
    const set = process.exitCode
    process.exitCode = undefined
    return set
  }

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "L2: of %s the third leaves at once, and a process that was going to end well ends with %i",
    (signal, code) =>
      aloneOn([signal], async () => {
        const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never)
        const before = process.rawListeners("exit")
        try {
          const told: string[] = []
          const end = run(async () => {
            try {
              await cleaned(never(), () => cleaned(never(), never))
            } finally {
              told.push("over")
            }
          })
          for (let count = 1; count <= 3; count += 1) {
            await sleep(0)
            expect(exit).not.toHaveBeenCalled()
            expect(told).toEqual([])
            process.emit(signal)
          }
          expect(exit.mock.calls).toEqual([[code]])
          expect(await errorOf(end)).toMatchObject({ name: "CancelledError", reason: signal })
          expect(told).toEqual(["over"])
          expect(exitCodeAfter(1, before)).toBe(code)
        } finally {
          exit.mockRestore()
        }
      }),
  )

  it("L2: an exit code of the program's own stays, and so does one of a main that went on to a value", () =>
    aloneOn(["SIGINT"], async () => {
      const before = process.rawListeners("exit")
      const cancelled = run(never())
      await sleep(0)
      process.emit("SIGINT")
      expect(await errorOf(cancelled)).toBeInstanceOf(CancelledError)
      expect(exitCodeAfter(9, before)).toBe(undefined)
      const swallowed = run(() =>
        never()
          .join()
          .catch(() => "value"),
      )
      await sleep(0)
      process.emit("SIGINT")
      expect(await swallowed).toBe("value")
      expect(process.rawListeners("exit")).toEqual(before)
    }))

  it("L2: one that comes while leftovers clean up interrupts them", () =>
    aloneOn(["SIGTERM"], async () => {
      const told: unknown[] = []
      await run(async () => {
        const cleanUp = (): Promise<void> => {
          afterPoll(() => process.emit("SIGTERM"))
          return cleaned(never(), async () => void told.push("interrupted"))
        }
        void createTask(() => cleaned(never(), cleanUp))
        await sleep(0)
      })
      expect(told).toEqual(["interrupted"])
    }))

  it("L2: it reaches every run, and listeners of the program's own are let alone", () =>
    aloneOn(["SIGINT"], async () => {
      const both = [run(never()), run(never())]
      await sleep(0)
      process.emit("SIGINT")
      for (const end of both) expect(await errorOf(end)).toBeInstanceOf(CancelledError)
      const own = vi.fn<() => void>()
      process.on("SIGINT", own)
      const open = never()
      const end = run(open)
      expect(process.listeners("SIGINT")).toEqual([own])
      open.setResult()
      await end
      process.off("SIGINT", own)
    }))
})
