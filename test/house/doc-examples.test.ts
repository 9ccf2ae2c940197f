import { describe, expect, it } from "vitest"
import { examplesIn, writeExamples } from "../../scripts/doc-examples.mjs"
import { run } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { $is, $log, $throws } from "./example-checks.ts"

interface ExampleModule {
  readonly inRun: boolean
  readonly example: () => Promise<void>
}

/** Rooms whose examples have no real socket or file: their time is virtual. */
const virtual = /^src\/(?:base|core|time|sync|combine|testing)\//

const examples = writeExamples()

describe("the examples of doc comments do what they say", () => {
  it("there are examples", () => {
    expect(examples.length).toBeGreaterThan(10)
  })

  for (const { path, line, name, title, module, runs } of examples) {
    // A block marked `no-run` needs a network or a file of the reader's; `npm run check` compiles it.
    it.runIf(runs)(`${path}:${line} ${name}: ${title}`, async () => {
      const { example, inRun } = (await import(module)) as ExampleModule
      const outcome = !inRun
        ? example()
        : virtual.test(path)
          ? runVirtual(example)
          : run(example, { handleSignals: false })
      await expect(outcome).resolves.toBeUndefined()
    })
  }
})

describe("the assertions of examples", () => {
  it("compare values, printed forms and errors", () => {
    const checks = (): void => {
      $is([1, { a: "b" }], `[1, { a: "b" }]`, "here")
      $is(new Map([["a", 1]]), `Map(1) { "a" => 1 }`, "here")
      $is(new RangeError("no"), "RangeError: no", "here")
      $is({ toString: () => "Semaphore(2 free)" }, "Semaphore(2 free)", "here")
      $log(["%s is", "two", 2], "two is 2", "here")
    }
    expect(checks).not.toThrow()
  })

  it("fail when they should", async () => {
    expect(() => $is(2, "3", "src/a.ts:1")).toThrow("src/a.ts:1: expected 3, got 2")
    expect(() => $is("2", "2", "here")).toThrow("expected 2, got '2'")
    expect(() => $is([1], "[1, 2]", "here")).toThrow("expected [1, 2]")
    expect(() => $log(["a"], "b", "here")).toThrow("expected b, got a")
    expect(() => $throws(() => 1, "RangeError", "here")).toThrow("expected throws RangeError, got no error")
    expect(() =>
      $throws(
        () => {
          throw new TypeError("x")
        },
        "RangeError",
        "here",
      ),
    ).toThrow("got TypeError: x")
    await expect($throws(() => Promise.reject(new TypeError("x")), "TypeError: y", "here")).rejects.toThrow(
      "got TypeError: x",
    )
  })

  it("are found in the comment, with title, name and line", () => {
    const text = `// Header.

/**
 * A thing.
 *
 * @example Two at a time
 * \`\`\`ts
 * const a = 1 // => 1
 *
 * if (a) {
 *   a // => 1
 * }
 * \`\`\`
 *
 * @example Over the network
 * \`\`\`ts no-run
 * fetch("x")
 * \`\`\`
 */
export class Thing {}
`
    expect(examplesIn("src/sync/thing.ts", text)).toMatchObject([
      {
        name: "Thing",
        title: "Two at a time",
        line: 8,
        runs: true,
        source: "const a = 1 // => 1\n\nif (a) {\n  a // => 1\n}",
      },
      { name: "Thing", title: "Over the network", line: 17, runs: false, source: 'fetch("x")' },
    ])
  })
})
