// A test of loops and runners, which `runVirtual` cannot hold: they are runs of their own.
import { VirtualClock } from "../../src/testing/index.ts"

/** Calls `test` while a virtual clock is in force. */
export async function onVirtualClock(test: () => Promise<void>): Promise<void> {
  const uninstall = new VirtualClock().install()
  try {
    await test()
  } finally {
    uninstall()
  }
}
