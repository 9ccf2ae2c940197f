// The list of planted bugs: each can be planted, so `npm run test:mutants` tries what it says.
import { describe, expect, it } from "vitest"
import { faultsOf, mutants } from "../../scripts/mutants.mjs"
import { repository } from "./source-tree.ts"

const lock = {
  name: "a lock is never free",
  file: "src/sync/lock.ts",
  find: "if (next === null) this.#isLocked = false",
  replace: "",
  tests: ["test/sync/lock.test.ts"],
}

describe("the list of planted bugs", () => {
  it("has bugs that can be planted: what each looks for stands in its file once, and its tests exist", () => {
    expect(faultsOf(mutants, repository)).toEqual([])
  })

  it("has bugs in every room of floors 0 to 2, and in those above that hold what must not be lost", () => {
    expect(mutants.length).toBeGreaterThanOrEqual(25)
    const rooms = new Set(mutants.map(({ file }) => file.split("/")[1]))
    expect(rooms).toEqual(
      new Set(["base", "core", "time", "sync", "combine", "stream", "executor", "fs", "net", "batch"]),
    )
  })

  it("is found fault with where a bug cannot be planted", () => {
    const faults = (change: object): string[] => faultsOf([{ ...lock, ...change }], repository)
    expect(faults({})).toEqual([])
    expect(faults({ find: "no such text" })).toEqual([
      "a lock is never free: what it looks for is 0 times in src/sync/lock.ts",
    ])
    expect(faults({ find: "waiting" })[0]).toMatch(/is \d+ times in src\/sync\/lock\.ts$/)
    expect(faults({ file: "src/sync/no-such.ts" })).toEqual([
      "a lock is never free: what it looks for is 0 times in src/sync/no-such.ts",
    ])
    expect(faults({ replace: lock.find })).toEqual(["a lock is never free: it changes nothing"])
    expect(faults({ tests: [] })).toEqual(["a lock is never free: it names no test"])
    expect(faults({ tests: ["test/sync/no-such.test.ts"] })).toEqual([
      "a lock is never free: there is no test/sync/no-such.test.ts",
    ])
    expect(faultsOf([lock, lock], repository)).toEqual(["a lock is never free: this name stands there twice"])
  })
})
