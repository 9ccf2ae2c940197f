// Cost and slot of a start go back, each once and each on its own.
import { expect, it } from "vitest"
import type { Cost, RateDesk } from "../../src/sync/rate-permit.ts"
import { RatePermit } from "../../src/sync/rate-permit.ts"

function desk(): RateDesk & { readonly log: unknown[] } {
  const log: unknown[] = []
  return {
    log,
    correct: (reserved, actual: Cost | null) => log.push([...reserved, actual]),
    freeSlot: () => log.push("slot"),
  }
}

it("settle() and refund() exclude each other, and work once", () => {
  const settled = desk()
  const permit = new RatePermit(settled, [5], 0)
  permit.settle({ tokens: 3 })
  permit.settle({ tokens: 4 })
  permit.refund()
  expect(settled.log).toEqual([[5, { tokens: 3 }]])
  const refunded = desk()
  const other = new RatePermit(refunded, [5], 0)
  other.refund()
  other.refund()
  other.settle({ tokens: 1 })
  expect(refunded.log).toEqual([[5, null]])
})

it("release() frees the slot once, and so does `using`; the cost can be settled before or after", () => {
  const { log, ...place } = desk()
  {
    using permit = new RatePermit(place, [5], 0)
    permit.release()
    permit.settle({})
    permit.release()
  }
  expect(log).toEqual(["slot", [5, {}]])
})

it("a settlement that is refused can be made again", () => {
  let isRefusing = true
  const permit = new RatePermit(
    {
      correct() {
        if (isRefusing) throw new RangeError("no")
      },
      freeSlot() {},
    },
    [1],
    0,
  )
  expect(() => permit.settle({ x: 1 })).toThrow(RangeError)
  isRefusing = false
  expect(() => permit.settle({ x: 1 })).not.toThrow()
})
