import { describe, expect, it } from "vitest"
import { cancelRequest } from "../../src/core/cancel-request.ts"
import type { CancelledError } from "../../src/core/index.ts"

const plain = { debug: false }

function here(reason: unknown): CancelledError {
  return cancelRequest(reason, plain)
}

function there(reason: unknown): CancelledError {
  return cancelRequest(reason, plain)
}

describe("cancelRequest()", () => {
  it("each request has an error of its own, with its reason and a trace", () => {
    const errors = Array.from({ length: 40 }, (_, i) => here(i))
    expect(new Set(errors).size).toBe(40)
    errors.forEach((error, i) => {
      expect([error.reason, error.message]).toEqual([i, `Cancelled: ${i}`])
      expect(error.stack?.split("\n")[0]).toBe(`CancelledError: Cancelled: ${i}`)
      expect(error.stack).toContain("at here")
      expect(Object.keys(error)).toEqual(Object.keys(errors[0] as object))
    })
  })

  it("the first requests of a sweep have traces of their own, the others that of the last of these", async () => {
    for (let i = 0; i < 15; i += 1) expect(here("sweep").stack).toContain("at here")
    expect(there("sweep").stack).toContain("at there")
    expect(here("sweep").stack).toContain("at there")
    await Promise.resolve()
    expect(here("sweep").stack).toContain("at here")
  })

  it("in debug mode each has its own trace", () => {
    for (let i = 0; i < 40; i += 1) void there(i)
    expect(cancelRequest("last", { debug: true }).stack).not.toContain("at there")
  })

  it("leaves the limit of traces as it was", () => {
    const limit = Error.stackTraceLimit
    for (let i = 0; i < 40; i += 1) void here(i)
    expect(Error.stackTraceLimit).toBe(limit)
  })
})
