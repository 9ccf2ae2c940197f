// Ends of connections on this machine, and what is left of them.
import { onTestFinished } from "vitest"
import { sleep } from "../../src/index.ts"

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const text = (given: Uint8Array): string => new TextDecoder().decode(given)

/** Sockets, listeners and pipes that keep this process alive; those of the tests' own frame not counted. */
export function openHandles(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Pipe|TLS/.test(name))
}

/** Waits for something that another socket brings about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(1)
}

/** Waits until a count that the network moves has stood still for a while. */
export async function standstill(count: () => number): Promise<void> {
  for (let before = -1, still = 0; still < 10;) {
    await sleep(20)
    still = count() === before ? still + 1 : 0
    before = count()
  }
}

/** Expects, when the test is over, that as many sockets are open as now. */
export function expectNoSockets(): void {
  const before = openHandles().length
  onTestFinished(async () => {
    const end = performance.now() + 2_000
    while (openHandles().length > before && performance.now() < end)
      await new Promise((next) => setTimeout(next, 5))
    if (openHandles().length > before) throw new Error(`Left open: ${openHandles().join(", ")}`)
  })
}
