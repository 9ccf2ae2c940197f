import { describe, expect, it } from "vitest"
import { HttpHeaders, retryAfter } from "../../src/http/index.ts"

describe("retryAfter()", () => {
  it.each<[Record<string, string>, number | null]>([
    [{}, null],
    [{ "retry-after": "3" }, 3_000],
    [{ "retry-after": " 3 " }, 3_000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "1.5" }, 1_500],
    [{ "retry-after": ".25" }, 250],
    [{ "retry-after": "-5" }, 0],
    [{ "retry-after": "" }, null],
    [{ "retry-after": "soon" }, null],
    [{ "retry-after": "NaN" }, null],
    [{ "retry-after": "Infinity" }, null],
    [{ "retry-after": "1e3" }, null],
    [{ "retry-after": "0x10" }, null],
    [{ "retry-after": "in 5" }, null],
    [{ "retry-after-ms": "120" }, 120],
    [{ "retry-after-ms": "120.5", "retry-after": "3" }, 120.5],
    [{ "retry-after-ms": "-1", "retry-after": "3" }, 0],
    [{ "retry-after-ms": "never", "retry-after": "3" }, 3_000],
    [{ "retry-after": "Wed, 21 Oct 2026 07:28:10 GMT", date: "Wed, 21 Oct 2026 07:28:00 GMT" }, 10_000],
    [{ "retry-after": "Wed, 21 Oct 2026 07:28:00 GMT", date: "Wed, 21 Oct 2026 07:28:10 GMT" }, 0],
    [{ "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" }, 0],
    [{ "retry-after": "Wed, 99 Oct 2015 99:99:99 GMT" }, null],
  ])("%j", (headers, expected) => {
    expect(retryAfter(headers)).toBe(expected)
    expect(retryAfter(new Headers(headers))).toBe(expected)
    expect(retryAfter(new HttpHeaders(headers))).toBe(expected)
  })

  it("measures a date by our own clock when the answer has no date", () => {
    const later = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 60_000).toUTCString()
    const asked = retryAfter({ "retry-after": later }) ?? 0
    expect(asked).toBeGreaterThan(59_000)
    expect(asked).toBeLessThanOrEqual(61_000)
  })
})
