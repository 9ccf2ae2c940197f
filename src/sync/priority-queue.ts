// A queue that gives the most urgent item first.
//
// All it adds to a queue is the store: a heap in the order of `compare`. Everything else, from
// back-pressure to shutdown, is the queue's.
import { expectFunction } from "../core/lowlevel.ts"
import { compareItems } from "./compare-items.ts"
import { PriorityStore } from "./priority-store.ts"
import { Queue } from "./queue.ts"
import { RankedStock } from "./ranked-stock.ts"

/**
 * A {@link Queue} that gives the least item first, and of equal ones the one that came first.
 *
 * The waiting room of an emergency ward: who is worst off is next. Methods and limits are those of the
 * queue; only the order of items differs.
 *
 * **Cancellation.** Safe: a cancelled getter takes nothing, a cancelled putter has put nothing.
 * **Fairness.** Getters and putters are served in order of arrival; a getter gets the least item that
 * is there when it goes on. Items that always come late in the order may wait for ever.
 * **Pitfall.** Changing an item while it is in the queue does not move it.
 *
 * @param maxSize - Most items it holds; 0 and less mean no bound. @default 0
 * @param compare - Gives less than 0 if `a` goes before `b`, more than 0 if after, else 0. @default the
 * natural order of numbers, strings or bigints
 * @throws {RangeError} If `maxSize` is NaN.
 * @throws {TypeError} If `compare` is no function; from the puts, if items cannot be compared.
 *
 * @example Jobs by priority
 * ```ts
 * const jobs = new PriorityQueue<{ priority: number; name: string }>(0, (a, b) => a.priority - b.priority)
 * jobs.putNowait({ priority: 2, name: "report" })
 * jobs.putNowait({ priority: 1, name: "alarm" })
 * jobs.putNowait({ priority: 2, name: "summary" })
 * const names: string[] = []
 * while (!jobs.empty()) names.push(jobs.getNowait().name)
 * names // => ["alarm", "report", "summary"]
 * ```
 */
export class PriorityQueue<T> extends Queue<T> {
  constructor(maxSize = 0, compare: (a: T, b: T) => number = compareItems) {
    expectFunction(compare)
    super(maxSize, new RankedStock(new PriorityStore(compare)))
  }
}
