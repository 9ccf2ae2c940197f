// Settings of a pool: defaults, and what is refused.
import { expect, it } from "vitest"
import { poolSettings } from "../../src/sync/pool-options.ts"

const create = (): number => 1
const destroy = (): void => {}

it("fills in the defaults", () => {
  expect(poolSettings({ create, destroy, max: 3 })).toEqual({
    create,
    destroy,
    check: null,
    min: 0,
    max: 3,
    idle: Infinity,
  })
})

it("refuses numbers that cannot be, and what is no number or function", () => {
  const settings = (more: object) => () => poolSettings({ create, destroy, max: 3, ...more })
  for (const max of [0, -1, 1.5, NaN]) expect(settings({ max })).toThrow(RangeError)
  for (const min of [-1, 1.5, 4, NaN]) expect(settings({ min })).toThrow(RangeError)
  for (const idle of [-1, NaN]) expect(settings({ idle })).toThrow(RangeError)
  expect(settings({ max: "3" })).toThrow(
    new TypeError("Expected `max` to be an integer from 1 up or Infinity, got `3` (string)"),
  )
  expect(settings({ idle: "1" })).toThrow(TypeError)
  for (const name of ["create", "destroy", "check"]) expect(settings({ [name]: 1 })).toThrow(TypeError)
  expect(settings({ max: Infinity, min: 2, idle: 0 })).not.toThrow()
})
