import { describe, expect, it } from "vitest"
import { Future, run } from "../../src/core/index.ts"
import { runProgram } from "./child.ts"

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
