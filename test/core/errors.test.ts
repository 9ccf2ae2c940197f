import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import {
  CancelledError,
  DeadlockError,
  InvalidStateError,
  NoRunningLoopError,
  ScopeEndedError,
  TaskGroupError,
  TimeoutError,
  isCancelled,
  rethrowCancelled,
} from "../../src/core/index.ts"
import { describeReason } from "../../src/base/describe-reason.ts"
import { cancelOf, notePassage } from "../../src/core/errors.ts"

describe("the errors of the runtime", () => {
  it("have a name, a code and a brand, and are what they extend", () => {
    const all = [
      [new CancelledError(), "CancelledError", "E_CANCELLED"],
      [new ScopeEndedError("m"), "ScopeEndedError", "E_CANCELLED"],
      [new TimeoutError("m"), "TimeoutError", "E_TIMEOUT"],
      [new InvalidStateError("m"), "InvalidStateError", "E_INVALID_STATE"],
      [new NoRunningLoopError("m"), "NoRunningLoopError", "E_NO_RUNNING_LOOP"],
      [new TaskGroupError([1]), "TaskGroupError", "E_TASK_GROUP"],
      [new DeadlockError("m"), "DeadlockError", "E_DEADLOCK"],
    ] as const
    for (const [error, name, code] of all) {
      expect(error).toBeInstanceOf(Error)
      expect([error.name, error.code, error.toString().startsWith(name)]).toEqual([name, code, true])
      expect(Symbol.for(`tsyncio.${name}`) in error).toBe(true)
      expect(Object.keys(error)).not.toContain("name")
      expect(inspect(error)).toContain(name)
    }
  })

  it("a CancelledError carries its reason, whatever that is", () => {
    for (const reason of [undefined, null, 0, "", "text", Symbol("s"), { a: 1 }, Object.create(null)]) {
      expect(new CancelledError(reason).reason).toBe(reason)
    }
    expect(new CancelledError("why").message).toBe("Cancelled: why")
    expect(new CancelledError(new Error("why")).message).toBe("Cancelled: why")
    expect(new CancelledError().origin).toBe(null)
  })

  it("isCancelled and rethrowCancelled know those of another copy of the package, and no others", () => {
    const foreign = { [Symbol.for("tsyncio.CancelledError")]: true }
    for (const error of [new CancelledError(), new ScopeEndedError("m"), foreign]) {
      expect(isCancelled(error)).toBe(true)
      expect(() => rethrowCancelled(error)).toThrow()
    }
    for (const error of [new Error("Cancelled"), new TimeoutError(), null, undefined, "CancelledError", 5]) {
      expect(isCancelled(error)).toBe(false)
      rethrowCancelled(error)
    }
  })

  it("a ScopeEndedError keeps its cause", () => {
    const cause = new Error("E")
    expect(new ScopeEndedError("m", { cause })).toMatchObject({ message: "m", cause })
    expect("cause" in new ScopeEndedError("m")).toBe(false)
  })

  it("a TaskGroupError tells how many and the first", () => {
    const [a, b] = [new RangeError("a"), new TypeError("b")]
    expect(new TaskGroupError([a]).message).toBe("1 error in a task group: a")
    const both = new TaskGroupError([a, b])
    expect([both.message, both.cause, both.errors]).toEqual(["2 errors in a task group, first: a", a, [a, b]])
    expect(both).toBeInstanceOf(AggregateError)
    expect(new TaskGroupError([new TaskGroupError([b])]).find(TypeError)).toBe(b)
    expect(new TaskGroupError(["text"]).message).toContain("text")
  })

  it("notePassage stops at ten and needs an origin", () => {
    const error = new CancelledError()
    notePassage(error, { describe: () => "nobody" })
    expect(error.origin).toBe(null)
    error.origin = { scope: "s", requestedBy: null, through: [] }
    for (let i = 0; i < 20; i += 1) notePassage(error, { describe: () => `n${i}` })
    expect(error.origin.through).toEqual(Array.from({ length: 10 }, (_, i) => `n${i}`))
  })

  it("describeReason makes a text of anything", () => {
    expect(describeReason(new Error("m"))).toBe("m")
    expect(describeReason(new RangeError())).toBe("RangeError")
    expect(describeReason("text")).toBe("text")
    expect(describeReason(undefined)).toBe("undefined")
    expect(describeReason(Symbol("s"))).toBe("Symbol(s)")
    expect(describeReason(Object.create(null))).toBe("[object Object]")
  })
})

/** Values that throw whoever looks at them. */
const hostile = (): unknown[] => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const fails = (): never => {
    throw new Error("do not look")
  }
  const error = new Error("hidden")
  for (const key of ["stack", "message", "name"]) Object.defineProperty(error, key, { get: fails })
  return [proxy, error, { toString: fails }, { [Symbol.toPrimitive]: fails }]
}

describe("a value that throws when it is looked at", () => {
  it("is described, is no cancel, and can be a reason or a member of a group error", () => {
    for (const value of hostile()) {
      expect(describeReason(value)).toMatch(/^\[object /)
      expect(isCancelled(value)).toBe(false)
      // Not by `toBe`, which looks at it.
      expect(new CancelledError(value).reason === value).toBe(true)
      expect(new TaskGroupError([value]).errors[0] === value).toBe(true)
    }
  })
})

describe("a SuppressedError", () => {
  const suppressed = (error: unknown, before: unknown): Error =>
    Object.assign(new Error("m"), { name: "SuppressedError", error, suppressed: before })

  it("of nothing but CancelledErrors is one: `await using` was cancelled, and again while it cleaned up", () => {
    const [first, second] = [new CancelledError("first"), new CancelledError("second")]
    const both = suppressed(second, first)
    expect([isCancelled(both), cancelOf(both)]).toEqual([true, second])
    expect(cancelOf(suppressed(new CancelledError("third"), both))?.reason).toBe("third")
    expect(isCancelled(suppressed(second, new Error("E")))).toBe(false)
    expect(isCancelled(suppressed(new Error("E"), first))).toBe(false)
  })

  it("a function that cannot be made into text is told from an object that cannot", () => {
    const toString = (): never => {
      throw new Error("do not look")
    }
    expect(describeReason(Object.assign(() => {}, { toString }))).toBe("[object Function]")
    expect(describeReason({ toString })).toBe("[object Object]")
  })
})
