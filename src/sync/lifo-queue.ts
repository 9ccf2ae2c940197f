// A queue that gives the youngest item first.
//
// All it adds to a queue is the store: a stack. Everything else, from back-pressure to shutdown, is
// the queue's.
import { Queue } from "./queue.ts"
import { RankedStock } from "./ranked-stock.ts"
import { StackStore } from "./stack-store.ts"

/**
 * A {@link Queue} that gives the item first that was put last.
 *
 * A stack of plates. For depth-first work, or where what is freshest is worth most; methods and limits
 * are those of the queue.
 *
 * **Cancellation.** Safe: a cancelled getter takes nothing, a cancelled putter has put nothing.
 * **Fairness.** Getters and putters are served in order of arrival; a getter gets the youngest item
 * that is there when it goes on. Under constant load the oldest items wait for ever.
 *
 * @param maxSize - Most items it holds; 0 and less mean no bound. @default 0
 * @throws {RangeError} If `maxSize` is NaN.
 *
 * @example The freshest first
 * ```ts
 * const plates = new LifoQueue<string>()
 * for (const plate of ["a", "b", "c"]) await plates.put(plate)
 * await plates.get() // => "c"
 * ```
 */
export class LifoQueue<T> extends Queue<T> {
  constructor(maxSize = 0) {
    super(maxSize, new RankedStock(new StackStore<T>()))
  }
}
