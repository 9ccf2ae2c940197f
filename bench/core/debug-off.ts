// What do the features for debugging cost while nobody uses them?
//
// Three builds of the same sources take turns: the one of dist/, a copy of it, and a copy with every
// call of a hook and every question for debug mode cut out. How far the first two are apart is what
// the machine does to any comparison; the third should not be further away.
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as tsyncio from "tsyncio"
import type { Preparation, Program, RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const count = 3000

export const debugOff: RateQuestion = {
  kind: "rate",
  name: "debug-off",
  what: "1,000 tasks that yield, pass a queue and are cancelled in a sleep: the build as it is, a copy of it, and one without hooks and debug mode (by hand: the same by promises)",
  count,
  prepare,
  tsyncio: mixedWork(tsyncio),
  async bare() {
    const settled = Promise.resolve()
    const cancels: (() => void)[] = []
    const work = async (): Promise<void> => {
      await settled
      await settled
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 1_000_000)
        cancels.push(() => {
          clearTimeout(timer)
          resolve(null)
        })
      })
    }
    const works = Array.from({ length: count / 3 }, work)
    while (cancels.length < works.length) await settled
    for (const cancel of cancels) cancel()
    await Promise.all(works)
  },
}

/** Work that passes by every hook: tasks made, started, ended; waits parked, ended; scopes cancelled. */
function mixedWork({ Queue, createTask, sleep, wait }: typeof tsyncio): Program {
  return async () => {
    const queue = new Queue<number>()
    const tasks = Array.from({ length: count / 3 }, (_, i) =>
      createTask(async () => {
        await sleep(0)
        await queue.put(i)
        await queue.get()
        await sleep(1_000_000)
      }),
    )
    await sleep(0)
    await sleep(0)
    for (const task of tasks) task.cancel()
    const { done } = await wait(tasks)
    expectResult(done.size, count / 3)
  }
}

async function prepare(): Promise<Preparation> {
  const folder = fileURLToPath(new URL("../../bench-builds", import.meta.url))
  const dist = fileURLToPath(new URL("../../../dist", import.meta.url))
  rmSync(folder, { recursive: true, force: true })
  for (const name of ["copy", "stripped"]) cpSync(dist, `${folder}/${name}`, { recursive: true })
  stripHooks(`${folder}/stripped/core`)
  const [copy, stripped] = await Promise.all(["copy", "stripped"].map((name) => load(folder, name)))
  const loops: tsyncio.Runner[] = []
  const program = (module: typeof tsyncio | undefined): Program => {
    if (module === undefined) throw new Error("A build is missing")
    const loop = new module.Runner()
    loops.push(loop)
    const work = mixedWork(module)
    return () => loop.run(work)
  }
  return {
    others: { "tsyncio, copy": program(copy), "tsyncio, no hooks": program(stripped) },
    async close() {
      for (const loop of loops) await loop.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function load(folder: string, name: string): Promise<typeof tsyncio> {
  return import(new URL(`file://${folder}/${name}/index.js`).href) as Promise<typeof tsyncio>
}

/** Cuts the calls of hooks and the questions for debug mode out of compiled code. */
function stripHooks(core: string): void {
  let cuts = 0
  for (const name of readdirSync(core).filter((file) => file.endsWith(".js"))) {
    const text = readFileSync(`${core}/${name}`, "utf8")
    const stripped = text
      .replace(/^\s*instrument\.current\?\.\w+\?\.\([^\n]*\);$/gm, () => (cuts++, ""))
      .replace(/\b[\w.]+\.home\.debug\b(?! =)/g, () => (cuts++, "false"))
    writeFileSync(`${core}/${name}`, stripped)
  }
  if (cuts < 8) throw new Error(`Only ${cuts} hooks found in the compiled code: has their shape changed?`)
}
