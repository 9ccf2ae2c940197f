// Errors as they arrive from elsewhere: class, message, fields and both stacks; and nothing breaks the channel.
import { describe, expect, it } from "vitest"
import { packThrown, unpackThrown } from "../../src/executor/thrown-parcel.ts"
import { CancelledError, QueueFullError, TaskGroupError, TimeoutError, isCancelled } from "../../src/index.ts"

/** What arrives on the other side. */
function sent(thrown: unknown): unknown {
  return unpackThrown(structuredClone(packThrown(thrown)), "in thread 1", "    at caller (file.ts:1:2)")
}

class ShopError extends Error {
  override name = "ShopError"
  readonly order: number
  readonly tags: readonly string[] = ["a"]

  constructor(order: number, options?: ErrorOptions) {
    super(`order ${order}`, options)
    this.order = order
  }
}

describe("an error that comes from elsewhere", () => {
  it("is of the same class, if that is one of the language", () => {
    for (const ErrorClass of [
      Error,
      TypeError,
      RangeError,
      SyntaxError,
      ReferenceError,
      URIError,
      EvalError,
    ]) {
      const error = sent(new ErrorClass("bad"))
      expect(Object.getPrototypeOf(error)).toBe(ErrorClass.prototype)
      expect(error).toMatchObject({ name: ErrorClass.name, message: "bad" })
    }
  })

  it("is of the same class, if that is one of ours", () => {
    expect(sent(new TimeoutError("late"))).toBeInstanceOf(TimeoutError)
    expect(sent(new QueueFullError("full"))).toBeInstanceOf(QueueFullError)
    const cancelled = sent(new CancelledError({ why: 1 })) as CancelledError
    expect(isCancelled(cancelled)).toBe(true)
    expect(cancelled.reason).toEqual({ why: 1 })
    expect(cancelled.code).toBe("E_CANCELLED")
  })

  it("keeps the name and the fields of a class that only the user knows", () => {
    const error = sent(new ShopError(7)) as ShopError
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: "ShopError", message: "order 7", order: 7, tags: ["a"] })
    expect(Object.keys(error)).toEqual(expect.arrayContaining(["order", "tags"]))
  })

  it("has the name of its class, if that says no other", () => {
    class StockError extends RangeError {}
    const error = sent(new StockError("none left"))
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ name: "StockError", message: "none left" })
    expect(sent(new DOMException("bad", "SyntaxError"))).toMatchObject({ name: "SyntaxError" })
  })

  it("is of the nearest class that is known", () => {
    class DeepError extends RangeError {}
    class SlowError extends TimeoutError {}
    expect(sent(new DeepError("x"))).toBeInstanceOf(RangeError)
    expect(sent(new SlowError("x"))).toBeInstanceOf(TimeoutError)
  })

  it("brings its cause and the errors in it", () => {
    const cause = new ShopError(1)
    const error = sent(new Error("outer", { cause })) as Error
    expect(error.cause).toMatchObject({ name: "ShopError", order: 1 })
    expect(Object.keys(error)).not.toContain("cause")
    const several = sent(new AggregateError([new TypeError("a"), "b"], "two")) as AggregateError
    expect(several).toBeInstanceOf(AggregateError)
    expect(several.errors[0]).toBeInstanceOf(TypeError)
    expect(several.errors[1]).toBe("b")
    const group = sent(new TaskGroupError([new ShopError(2), new TimeoutError("t")])) as TaskGroupError
    expect(group.find(TimeoutError)?.message).toBe("t")
  })

  it("tells the stack of both sides", () => {
    const error = sent(new Error("bad")) as Error
    expect(error.stack).toMatch(/^Error: bad\n/)
    expect(error.stack).toContain("thrown-parcel.test.ts")
    expect(error.stack).toMatch(/--- in thread 1, called from ---\n {4}at caller \(file\.ts:1:2\)$/)
  })

  it("of the platform keeps its name and code", () => {
    const error = sent(new DOMException("gone", "AbortError")) as DOMException
    expect(error).toBeInstanceOf(DOMException)
    expect(error).toMatchObject({ name: "AbortError", code: 20, message: "gone" })
    const system = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", errno: -2, path: "/x" })
    expect(sent(system)).toMatchObject({ code: "ENOENT", errno: -2, path: "/x" })
  })
})

describe("what cannot be sent", () => {
  it("is told as text where it stands in an error", () => {
    const error = Object.assign(new Error("bad"), {
      socket: { close: () => {} },
      symbol: Symbol("s"),
      fine: 1,
    })
    expect(sent(error)).toMatchObject({
      message: "bad",
      socket: "[object Object]",
      symbol: "Symbol(s)",
      fine: 1,
    })
  })

  it("is told as text where it was thrown", () => {
    expect(sent(() => 1)).toMatch(/=> 1/)
    expect(sent(Symbol("thrown"))).toBe("Symbol(thrown)")
  })

  it("may be an error that cannot be looked at", () => {
    const evil = new Error("evil")
    Object.defineProperty(evil, "message", {
      get: () => {
        throw new Error("no")
      },
    })
    Object.defineProperty(evil, "field", {
      enumerable: true,
      get: () => {
        throw new Error("no")
      },
    })
    expect(sent(evil)).toBeInstanceOf(Error)
    const proxy = new Proxy(new Error("p"), {
      get: () => {
        throw new Error("no")
      },
      ownKeys: () => {
        throw new Error("no")
      },
    })
    expect(() => sent(proxy)).not.toThrow()
  })

  it("may be an error that holds itself", () => {
    const round = new Error("round")
    round.cause = round
    expect((sent(round) as Error).message).toBe("round")
  })
})

describe("what is thrown and is no error", () => {
  it.each([undefined, null, 0, "text", { a: 1 }, [1, 2]])("arrives as it is: %j", (thrown) => {
    expect(sent(thrown)).toEqual(thrown)
  })
})
