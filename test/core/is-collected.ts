// Whether something is gone from memory.
import { setImmediate } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

/** Collects garbage, more than once if need be, and looks whether `reference` has lost what it was made for. */
export async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  for (let round = 0; round < 20; round += 1) {
    await setImmediate()
    collect()
    if (reference.deref() === undefined) return true
  }
  return false
}
