// inline(): what may go by its source, and what is refused where it stands.
import { describe, expect, it } from "vitest"
import { inline } from "../../src/executor/index.ts"
import { loadFunction } from "../../src/executor/load-function.ts"
import { referenceOf } from "../../src/executor/function-reference.ts"

type AnyFunction = (...args: never[]) => unknown

/** Calls a function as the other side has it. */
async function elsewhere(fn: AnyFunction, ...args: unknown[]): Promise<unknown> {
  const load = await loadFunction(referenceOf(inline(fn)))
  return load(...args)
}

const outer = 3
const other = 4

describe("inline()", () => {
  it("gives the function itself, which is called as ever", () => {
    const add = (a: number, b: number): number => a + b
    expect(inline(add)).toBe(add)
    expect(inline(add)).toBe(add)
    expect(add(1, 2)).toBe(3)
  })

  it("takes functions of every kind that use nothing from around them", async () => {
    expect(await elsewhere((n: number) => n * 2, 4)).toBe(8)
    expect(await elsewhere(async (n: number) => n * 2, 4)).toBe(8)
    expect(
      await elsewhere(function named(n: number): number {
        return n < 2 ? 1 : n * named(n - 1)
      }, 5),
    ).toBe(120)
    expect(
      await elsewhere(
        ({ a, b = a }: { a: number; b?: number }, ...rest: number[]) => a + b + rest.length,
        { a: 1 },
        9,
      ),
    ).toBe(3)
    const object = {
      method(n: number) {
        return n + 1
      },
      async later(n: number) {
        return n + 2
      },
      "with space": (n: number) => n + 3,
    }
    expect(await elsewhere(object.method, 1)).toBe(2)
    expect(await elsewhere(object.later, 1)).toBe(3)
    expect(await elsewhere(object["with space"], 1)).toBe(4)
  })

  it("takes what uses globals, inner classes, catches, loops and labels", async () => {
    const busy = (text: string): string => {
      class Box {
        static made = 0
        readonly #value: string
        constructor(value: string) {
          Box.made += 1
          this.#value = value
        }
        get value(): string {
          return this.#value
        }
      }
      let found = ""
      search: for (const [index, letter] of text.split("").entries()) {
        try {
          if (index > 2) break search
          JSON.parse(letter)
        } catch (error) {
          found += error instanceof SyntaxError ? new Box(letter).value : ""
        }
      }
      return `${found}${Math.max(Box.made, 0)}${typeof structuredClone}${Buffer.from("x").length}`
    }
    expect(await elsewhere(busy, "a1bcd")).toBe("ab2function1")
  })

  it("refuses a closure, and names what it uses", () => {
    expect(() => inline(() => outer)).toThrow(
      /it uses `outer` from around it, which does not travel; pass it as arguments, or use `portable`/,
    )
    const both = (n: number = outer): number => [n].map((m) => m + other)[0] ?? 0
    expect(() => inline(both)).toThrow(
      /function "both" by its source: it uses `outer`, `other` from around it/,
    )
    const shadowed = (outer: number): number => outer
    expect(() => inline(shadowed)).not.toThrow()
  })

  it("refuses what leans on the place where it stands", () => {
    const holder = {
      value: 1,
      arrow(): () => unknown {
        return () => this.value
      },
      upper(): unknown {
        return super.toString()
      },
    }
    expect(() => inline(holder.arrow())).toThrow("it uses `this` from around it")
    expect(() => inline(holder.upper)).toThrow("it uses `super`")
    expect(() => inline(() => import.meta.url)).toThrow(/import/)
    expect(() => inline(() => import("./inline.test.ts"))).toThrow()
  })

  it("refuses what has no source, and what is no plain function", () => {
    expect(() => inline(Math.max)).toThrow("it is native or bound and has none")
    expect(() => inline((() => 1).bind(null))).toThrow("it is native or bound and has none")
    expect(() => inline(class {} as never)).toThrow("it is a class")
    expect(() =>
      inline(function* () {
        yield 1
      }),
    ).toThrow("it is a generator")
    const getter = Object.getOwnPropertyDescriptor(
      {
        get x() {
          return 1
        },
      },
      "x",
    )?.get as AnyFunction
    expect(() => inline(getter)).toThrow(/getter/)
    expect(() => inline(3 as never)).toThrow(TypeError)
  })
})
