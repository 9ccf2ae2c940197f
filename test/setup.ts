// After every test: nothing of the runtime is alive, nobody looks on, no listener was left on the process, and no socket,
// server, child process, worker thread or file was left open. Tests that run side by side cannot be told apart: of these the
// platform's things are not counted.
import { afterEach, beforeEach, expect } from "vitest"
import { instrument } from "../src/core/instrument.ts"
import { findLeaks, findOpened, openResources } from "../src/testing/index.ts"

/** Milliseconds for which what closes is waited for: many, since other tests run beside this one. */
const patience = 5_000

const events = ["SIGINT", "SIGTERM", "beforeExit", "unhandledRejection"] as const
let before: readonly number[] = []
let looking = instrument.current
let open = openResources()

beforeEach(() => {
  before = events.map((event) => process.listenerCount(event))
  looking = instrument.current
  open = openResources()
})

afterEach(async ({ task }) => {
  expect(findLeaks()).toEqual([])
  expect(instrument.current).toBe(looking)
  expect(events.map((event) => process.listenerCount(event))).toEqual(before)
  if (task.concurrent === true) return
  expect(await findOpened(open, { patience })).toEqual([])
})
