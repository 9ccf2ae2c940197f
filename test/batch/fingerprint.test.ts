// Fingerprints and the table that remembers them.

import { describe, expect, it } from "vitest"
import { fingerprint, fingerprintHex } from "../../src/batch/fingerprint.ts"
import { FingerprintTable, mark } from "../../src/batch/fingerprint-table.ts"

describe("fingerprint()", () => {
  it("never changes: it is written into files", () => {
    expect(["", "a", "line-1", "Ünï😀"].map((text) => fingerprintHex(fingerprint(text))))
      .toMatchInlineSnapshot(`
      [
        "4b886a767bd1cc3c",
        "5f3a0d592df778c6",
        "9f3c46734e314e04",
        "85dbd40752c0a90d",
      ]
    `)
  })

  it("tells 300,000 ids that resemble each other apart, in each half nearly as well as chance allows", () => {
    const halves = [new Set<number>(), new Set<number>()]
    const both = new Set<string>()
    const count = 300_000
    for (let n = 0; n < count; n++) {
      const print = fingerprint(`request-${n}`)
      halves[0]?.add(print.high)
      halves[1]?.add(print.low)
      both.add(fingerprintHex(print))
    }
    expect(both.size).toBe(count)
    // Among 300,000 random 32-bit numbers about 10 agree.
    for (const half of halves) expect(count - half.size).toBeLessThan(40)
  })

  it("changes about half of its bits when one letter changes", () => {
    const base = "The quick brown fox jumps over the lazy dog"
    for (let at = 0; at < base.length; at++) {
      const other = `${base.slice(0, at)}${String.fromCharCode(base.charCodeAt(at) ^ 1)}${base.slice(at + 1)}`
      const [a, b] = [fingerprint(base), fingerprint(other)]
      expect(bits(a.high ^ b.high) + bits(a.low ^ b.low)).toBeGreaterThan(14)
    }
  })
})

describe("FingerprintTable", () => {
  it("keeps marks and requests apart for each id while it grows", () => {
    const table = new FingerprintTable(4)
    for (let n = 0; n < 10_000; n++) {
      const slot = table.slot(fingerprint(`id-${n}`))
      table.setRequest(slot, n * 7)
      table.add(slot, n % 2 === 0 ? mark.answered : mark.failed)
    }
    expect(table.size).toBe(10_000)
    for (let n = 0; n < 10_000; n++) {
      const slot = table.slot(fingerprint(`id-${n}`))
      expect(table.request(slot)).toBe(n * 7)
      expect(table.has(slot, mark.answered)).toBe(n % 2 === 0)
      expect(table.has(slot, mark.failed)).toBe(n % 2 === 1)
    }
    expect(table.size).toBe(10_000)
  })

  it("tells ids apart that begin their probe in the same slot", () => {
    const table = new FingerprintTable(16)
    const ids = [1, 2, 3, 4].map((high) => ({ high, low: 15 }))
    for (const [n, id] of ids.entries()) table.setRequest(table.slot(id), n)
    expect(ids.map((id) => table.request(table.slot(id)))).toEqual([0, 1, 2, 3])
  })

  it("remembers an id whose fingerprint is zero", () => {
    const table = new FingerprintTable()
    table.add(table.slot({ high: 0, low: 0 }), mark.seen)
    expect(table.has(table.slot({ high: 0, low: 0 }), mark.seen)).toBe(true)
    expect(table.size).toBe(1)
  })

  it("holds a million ids in less than 30 MB", () => {
    const table = new FingerprintTable()
    for (let n = 0; n < 1_000_000; n++) table.slot({ high: n, low: Math.imul(n, 0x9e3779b1) >>> 0 })
    expect(table.size).toBe(1_000_000)
    expect(table.bytes).toBeLessThan(30e6)
  })
})

function bits(value: number): number {
  let count = 0
  for (let rest = value >>> 0; rest !== 0; rest &= rest - 1) count++
  return count
}
