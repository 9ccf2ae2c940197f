// What is lent goes back once, and cannot be used afterwards.
import { expect, it } from "vitest"
import { InvalidStateError } from "../../src/index.ts"
import { PoolLease } from "../../src/sync/pool-lease.ts"

it("gives its thing until it goes back, and goes back once", async () => {
  let returns = 0
  const lease = new PoolLease("thing", () => {
    returns += 1
  })
  expect(lease.value).toBe("thing")
  lease.release()
  lease.release()
  await lease[Symbol.asyncDispose]()
  expect(returns).toBe(1)
  expect(() => lease.value).toThrow(
    new InvalidStateError("Cannot use what was lent: it went back to the pool"),
  )
})

it("goes back at the end of a block", async () => {
  let returns = 0
  {
    await using _ = new PoolLease(1, () => {
      returns += 1
    })
    expect(returns).toBe(0)
  }
  expect(returns).toBe(1)
})
