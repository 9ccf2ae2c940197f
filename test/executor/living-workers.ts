// Threads and child processes that live: none may be left at the end of a test.
import { subscribe } from "node:diagnostics_channel"
import type { EventEmitter } from "node:events"
import { afterEach, expect } from "vitest"

const living = new Set<EventEmitter>()

function follow(worker: EventEmitter): void {
  living.add(worker)
  worker.once("exit", () => living.delete(worker))
}

subscribe("worker_threads", (message) => follow((message as { worker: EventEmitter }).worker))
subscribe("child_process", (message) => follow((message as { process: EventEmitter }).process))

/** Has every test of the file end without a living thread or child process. */
export function expectNoLivingWorkers(): void {
  afterEach(() => {
    expect(living.size).toBe(0)
  })
}
