// Events of the process that a test sends to itself: Ctrl-C, `beforeExit`, rejections nobody awaits.
//
// Whoever else listens, the test runner first of all, hears nothing of them and is put back afterwards.

/** Calls `test` while only what it starts listens to these events of the process. */
export async function aloneOn(events: readonly string[], test: () => Promise<void>): Promise<void> {
  const others = events.map((event) => [event, process.rawListeners(event)] as const)
  for (const event of events) process.removeAllListeners(event)
  try {
    await test()
  } finally {
    for (const [event, listeners] of others) {
      for (const listener of listeners) process.on(event, listener as () => void)
    }
  }
}
