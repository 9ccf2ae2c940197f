// The same small programs on Python's asyncio and here: what they print must be the same, line by line.
//
// NAME.py is the program, NAME.trace what CPython printed (its version in the first line), NAME.ts the program on
// tsyncio. `node scripts/parity.mjs` writes the traces anew. Where the two differ on purpose, docs/from-asyncio.md
// says so, and the program keeps to what they share.
import { readFileSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { VirtualClock, findLeaks, runVirtual } from "../../src/testing/index.ts"
import type { Print } from "./print.ts"
import { tracePrinter } from "./print.ts"

interface Program {
  readonly main: (print: Print) => Promise<void>
  /** Set by programs that call `run` themselves. */
  readonly ownRun?: boolean
}

const folder = import.meta.dirname

/** Names of the files with this ending, without it. */
function namesOf(ending: string): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending))
  return files.map((file) => file.slice(0, -ending.length)).sort()
}

const names = namesOf(".py")

async function execute({ main, ownRun = false }: Program, print: Print): Promise<void> {
  if (!ownRun) return runVirtual(() => main(print))
  const uninstall = new VirtualClock().install()
  try {
    await main(print)
    expect(findLeaks()).toEqual([])
  } finally {
    uninstall()
  }
}

describe("the parity programs", () => {
  it("are at least forty, each with its trace and its twin", () => {
    expect(names.length).toBeGreaterThanOrEqual(40)
    expect(namesOf(".trace")).toEqual(names)
    const twins = namesOf(".ts").filter((name) => name !== "print" && !name.endsWith(".test"))
    expect(twins).toEqual(names)
  })
})

describe("prints what asyncio prints", () => {
  for (const name of names) {
    it(`${name}`, async () => {
      const [head, ...expected] = readFileSync(join(folder, `${name}.trace`), "utf8")
        .trimEnd()
        .split(/\r?\n/)
      expect(head).toMatch(/^# CPython 3\.\d+\.\d+$/)
      const program = (await import(join(folder, `${name}.ts`))) as Program
      const { print, lines } = tracePrinter()
      await execute(program, print)
      expect(lines).toEqual(expected)
    })
  }
})
