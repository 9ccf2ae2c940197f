// After every test: nothing of the runtime is alive, and no listener was left on the process.
import { afterEach, beforeEach, expect } from "vitest"
import { findLeaks } from "../src/testing/index.ts"

const events = ["SIGINT", "SIGTERM", "beforeExit", "unhandledRejection"] as const
let before: readonly number[] = []

beforeEach(() => {
  before = events.map((event) => process.listenerCount(event))
})

afterEach(() => {
  expect(findLeaks()).toEqual([])
  expect(events.map((event) => process.listenerCount(event))).toEqual(before)
})
