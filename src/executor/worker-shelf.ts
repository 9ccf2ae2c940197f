// Workers that have nothing to do, the last used on top, so that what is warm is used again.
//
// One that lies there for longer than `idle` is shut down. The timer stands for the lowest, which has lain
// there longest, and does not hold the process.
import { clock } from "../core/lowlevel.ts"
import type { ExecutorWorker } from "./executor-worker.ts"
import { LimitTimer } from "./limit-timer.ts"

/** Idle workers. */
export class WorkerShelf {
  readonly #idle: number
  readonly #timer = new LimitTimer()
  #resting: { readonly worker: ExecutorWorker; readonly since: number }[] = []

  constructor(idle: number) {
    this.#idle = idle
  }

  put(worker: ExecutorWorker): void {
    this.#resting.push({ worker, since: this.#idle === Infinity ? 0 : clock.now() })
    if (this.#resting.length === 1) this.#arm()
  }

  take(): ExecutorWorker | null {
    const top = this.#resting.pop()
    if (top !== undefined && this.#resting.length === 0) this.#timer.stop()
    return top?.worker ?? null
  }

  remove(worker: ExecutorWorker): void {
    this.#resting = this.#resting.filter((one) => one.worker !== worker)
    if (this.#resting.length === 0) this.#timer.stop()
  }

  #arm(): void {
    const lowest = this.#resting[0]
    if (lowest === undefined || this.#idle === Infinity) return
    this.#timer.start(Math.max(0, lowest.since + this.#idle - clock.now()), () => this.#drop())
  }

  #drop(): void {
    const now = clock.now()
    const isOver = ({ since }: { readonly since: number }): boolean => since + this.#idle <= now
    const over = this.#resting.filter(isOver)
    this.#resting = this.#resting.filter((one) => !isOver(one))
    for (const { worker } of over) worker.end(true)
    this.#arm()
  }
}
