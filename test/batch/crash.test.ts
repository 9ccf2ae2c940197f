// Nothing is lost, nothing stands twice, and nothing is sent again whose line was safe, wherever a batch is killed.
//
// The normal run has 300 batches; TSYNCIO_PROOF_FACTOR multiplies them, from 30 on there are 10,000.
// TSYNCIO_PROOF_SEED is the first seed.

import { expect, it } from "vitest"
import { crashBatch } from "./crash-rig.ts"

const factor = Number(process.env["TSYNCIO_PROOF_FACTOR"] ?? 1)
const seed = Number(process.env["TSYNCIO_PROOF_SEED"] ?? 1)
const batches = factor >= 30 ? 10_000 : Math.round(300 * factor)
/** Batches side by side: much of their time is the start of a process. */
const lanes = 3

it(
  `${batches} batches killed one to five times each end with every line once`,
  async () => {
    const totals = { batches: 0, kills: 0, repeated: 0 }
    let next = 0
    const lane = async (): Promise<void> => {
      while (next < batches) {
        const number = seed * 100_000 + next++
        const { kills, repeated, faults } = await crashBatch(number)
        expect(faults, `seed ${number}`).toEqual([])
        totals.batches++
        totals.kills += kills
        totals.repeated += repeated
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    expect(totals.batches).toBe(batches)
    // Killed in the middle of something: otherwise nothing was tried.
    expect(totals.repeated).toBeGreaterThan(batches / 4)
    console.log(totals)
  },
  batches * 15_000,
)
